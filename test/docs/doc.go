// Package docs runs the commands that a page of the documentation prints, and compares what
// they print with what the page says.
//
// Blocks of sh are run in order, in one shell, and have to succeed. Blocks of console have
// commands, each after "$ ", and what each prints. Blocks of sql are for
// psql, and a block of text behind one has what it prints. A line "..." stands for any lines. What
// differs each time is not compared: UUIDs, times, dates, ages, positions, names of processes and the width of columns.
//
// A block after a line such as "<!-- not run: needs Docker -->" is not run: Exceptions tells which
// those are, and callers count them, so that none slips in unnoticed.
//
// The package starts nothing that the commands need. Callers give their shell a directory to
// run in, and an environment in which the commands find what they name.
package docs
