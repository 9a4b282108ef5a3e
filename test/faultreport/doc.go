// Package faultreport keeps count of what the fault suites inject, check and
// find, so that their runs end in one table.
//
// It decides nothing about a test: a suite fails through testing as any other,
// and what it reports here is for those who read the table. Without
// FAULT_REPORT nothing is written.
package faultreport
