// Package docs runs the commands that a page of the documentation prints, and compares what
// they print with what the page says.
//
// Blocks of sh are run in order, in one shell, and have to succeed. Blocks of console have
// commands, each after "$ ", and what each prints; a line "..." stands for any lines. What
// differs each time is not compared: UUIDs, times, ages, positions and the width of columns.
//
// The package starts nothing that the commands need. Callers give their shell a directory to
// run in, and an environment in which the commands find what they name.
package docs
