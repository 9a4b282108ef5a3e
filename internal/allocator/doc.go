// Package allocator decides reservations and journals the decisions.
//
//	reconcilers ──Reserve──▶ queue ──batch──▶ one write of the StockLedger
//	     ▲                                              │ landed
//	     └────────────────── decisions ◀────────────────┘
//
// All reservations that wait at one time are decided together, in the order in
// which they came, and become durable with one compare-and-swap of the
// namespace's StockLedger. That write is also the fence: it fails if any other
// operator has taken the ledger over. A decision is answered only after a write
// that began later than the call has landed, so every answer proves that this
// process still held the ledger after the caller had read its Reservation.
//
// Units that ship leave stock the same way: Consume makes them part of the open
// fold, which the ledger names, the Reservations come to show and the tallies
// come to count (fold.go).
//
// The core (State and its Step) is a pure state machine: events in, effects
// out; no I/O, no clock, no goroutine. Everything else in the package is the
// thin shell that performs the effects and turns what happened into events.
//
// The package does not write decisions into Reservations, except for those an
// earlier leader left unfinished. Callers owe it that: they write the decision
// over the version of the Reservation they had read before they called, and on
// a conflict they read again and call again.
package allocator
