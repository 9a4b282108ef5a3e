// Package ledger is the stock accounting of one namespace: what is on hand,
// what is held for whom, what was shipped, and what a cart can get. It is pure: no I/O, no clock,
// no goroutines.
//
// A Ledger is fed with what is known of StockItems and Reservations, in any
// order and any number of times: per object the highest resourceVersion counts
// and older input is ignored, so that a lagging watch can neither undo nor
// repeat anything. Holds are kept by Reservation UID and sums are derived from
// them, so applying one twice is the same as applying it once.
//
// The package does not decide whether a hold may be told to anybody: that takes
// a journal, and is the job of internal/allocator. Callers serialize all calls,
// and compare resourceVersions only within one kind.
package ledger
