// Package allocator is one process's copy of one namespace: it follows the journal, so that
// it knows the stock; and while it leads, it takes requests, decides them in batches and
// answers what has landed.
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
// It performs no effects, creates no objects and delivers no events. Callers owe it what
// internal/journal asks for, and a clock that is never more than five seconds ahead of
// the API server's.
package allocator
