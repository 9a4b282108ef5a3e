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
// What it does not do: it knows neither pages nor the API server, it does not
// prove that a record landed, and it delivers no events. Callers owe it that:
//
//   - they Apply what the journal stored, all of it, in its order, and nothing else;
//   - they tell an answer only after the batch that Decide made with it has landed;
//   - they pass a random Outcome with each Reserve and one clock that is bounded
//     against the API server's;
//   - after a gap they begin with a new State.
//
// Decide changes State for a moment and takes it back: it excludes queries as Apply does.
//
// # Memory
//
// What somebody may still change, or whose outcome is not delivered, is kept decoded; each
// change makes a new Reservation, so what was handed out stays as it is. A finished cart is
// kept as the bytes that would restate it.
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
