// Package project turns records of a journal into rows of the Inventory Database. It is pure: no
// I/O, no clock, no goroutine.
//
// A Book knows the stock as far as it is archived. Take takes in what the journal says next and
// returns what changes in the database; Restate returns everything that a journal knows, for a
// database that has missed something. Both state what a row is afterwards, never a difference;
// only movements are differences, of the balances before and after each record.
//
// No customer is ever in a row, and of a command's extensions only the correlation id.
//
// Callers owe it records in order, without a gap, each once; and where they begin from a
// database that has rows, a Book that was made from those.
package project
