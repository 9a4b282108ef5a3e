// Package auditor checks, while this process leads, that the journal as stored, what the
// operator works with and what it shows say the same.
//
// It reads the pages of a namespace past all caches and adds them up by itself, in a Book:
// it shares the coding of records and pages with the rest, and neither State, Apply nor the
// allocation. What it compares with the Book:
//
//   - State: each reservation, each StockItem and its figures, the sums;
//   - the statuses of Reservations and StockItems;
//   - the journal itself: whether what it says is possible. Units held and shipped never
//     exceed what was received when they were promised, a cart has all of its lines or none,
//     what was decided stays, nothing is forgotten that counts.
//
// # No false alarms
//
// Everything has a place in the journal, so that nothing is compared with what was true at
// another time, however late watches and writes are:
//
//	list pages ─▶ Book at P0 ── read State at P1, P2, ... and objects ── read on from P0 ─▶ Book at P1, P2, ...
//
// State is compared exactly where it stood when it was read. A status names the last record
// that it includes: where the Book passes that place, both must say the same; where that was
// before the Book began, they must if nothing about the object has changed since. A status
// that is older lags: it is judged only if it stays as it is over all looks of an audit
// while no view waits to be written, and counted as unsettled else. What is wrong has to be
// so at a second look, some seconds later, over the same version of the object.
//
// # Pace
//
// Audits come at an interval, soon after this process began to lead, and on request (the
// annotation inventory.acme.com/audit-requested-at on a StockLedger). Unless somebody asked,
// it reads for no more than a twentieth of the time. Two audits read at a time, and while one
// only waits, others do. One that waits reads on in the journal nevertheless, every half
// second if something was written, so that no page is written over before it was read.
//
// What it finds is kept for the StockLedger's condition Consistent and its status.audit,
// which somebody else writes, in metrics and in a log line. It puts nothing right itself:
// Options.Stale is told which objects show what they should not. All that is kept is of one
// term: when it ends, verdict, requests and metrics go, since from then on another process
// says how the namespace stands.
//
// Verify is one audit from outside, without an operator.
//
// # Memory
//
// While an audit lasts, the Book takes about what the records that count take before they
// are compressed, and the statuses of objects that are under suspicion. Objects are read
// some hundred at a time. Audits that wait while others read keep some 50 MB between them at
// most: where there is no room beside them, an audit waits and lets nobody read. Nothing is
// kept between audits but their results.
//
// Callers owe it Attend for each namespace that this process works in, and Vouch before
// each write of a status, so that Modified can tell what somebody else has written from
// late writes of this process.
package auditor
