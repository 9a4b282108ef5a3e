// Package allocator follows the journal of one namespace, so that this process knows its stock.
// While the process leads, it takes requests, decides them in batches and answers what has
// landed. Allocator is the pure step, Runner runs it against an API server.
//
//	Asked ──▶ queue ──Decide──▶ batch ──append──▶ journal
//	  ▲                           │                  │ landed
//	  └──────── Answered ◀────────┴──────────────────┘
//
// Allocator couples internal/stock and internal/journal and is as pure as they are: events
// in, effects out, time as an argument.
//
// An answer is a proof: it is told only after an append, or a read of the place where the
// journal goes on, that began after the question came. So no process that was frozen,
// deposed or cut off ever tells what is no longer true.
//
// Neither creates objects nor delivers events. Callers of Allocator have to do what
// internal/journal asks for. Callers of Runner have to call Run once, pass on the result of each
// election (Elect), what the StockLedger names (SeeLedger) and asks for (Repair), and, with
// RunnerOptions.Gated, call Stocked in each term. Both need a clock that is never more than Ahead
// ahead of the API server's.
package allocator
