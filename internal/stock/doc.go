// Package stock decides who gets which units, and remembers what was decided.
//
// It is pure: no I/O, no clock, no goroutine, no randomness. A State is what a
// namespace's journal says. Decide turns requests into records and answers; Apply
// takes records in. The same records in the same order make the same State in
// every process, whether it read them one by one or all at once.
//
//	requests ──Decide(now)──▶ records, answers      (State is as before)
//	                             │ appended to the journal, landed
//	records ───Apply────────▶ State                 (answers may be told)
//
// The package reads and writes no pages, it only knows their numbers. It does not prove that a
// record landed, and it delivers no events. Callers have to:
//
//   - apply what the journal stored: all of it, in its order, and nothing else;
//   - tell an answer only after the batch that Decide returned with it has landed;
//   - pass a random Outcome with each Reserve, and a clock that is never more than five seconds
//     ahead of the API server's;
//   - begin with a new State after a gap;
//   - keep queries out while Decide or Apply runs: Decide changes State, too, and takes its
//     changes back before it returns;
//   - never change a Reservation that State has handed out.
//
// # Memory
//
// What somebody may still change, or whose outcome is not delivered, is kept decoded; each
// change makes a new Reservation, so what was handed out stays as it is. A finished cart is
// kept as the coding of the record that would restate it, shortened (packed.go).
//
// # Compaction and forgetting
//
// Each thing that State knows (a cart, a StockItem, a total, a reader) stands on the
// page of its last whole statement, its home. Decide restates what still counts on
// the oldest page and then moves the head past it, in one batch. Apply drops whatever
// has its home before the head: not to be restated is how a finished cart is
// forgotten. The marks rise in that same batch, so a command that was forgotten is
// told "too old" and is never decided again.
package stock
