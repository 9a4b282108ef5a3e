// Package journal keeps one namespace's journal: a log of records on pages that are
// written over, in the Kubernetes API.
//
// Every prefix of the journal names exactly one place (an object and its
// resourceVersion) where it can go on, and the API server gives no version twice. So an
// append is one guarded update: it is the commit, the fence against whoever led before,
// and the compare-and-swap of every decision in it.
//
//	journal-0      journal-1      journal-2
//	page 7, full ─next─▶ page 8, full ─next─▶ page 9      (journal-0 is free once the head is 8)
//	      ▲ head                              ▲ tail: the place where it goes on
//
// Log is the pure part: events in, effects out; no I/O, no clock, no goroutine. Its
// stages:
//
//	reading ──nothing there, and elected──▶ founding ──first term lands─────────▶ leading
//	   │  ▲                                                                        ▲  │
//	   │  └─ gap, another history ─┐                                     term lands │  │
//	   └──pages fit──▶ following ──┴──elected──▶ claiming ──────────────────────────┘  │
//	                      ▲                          │ conflict                        │
//	                      └──────────────────────────┴──────── conflict, deposed ──────┘
//	reading ──nothing there──▶ vacant, which lists again once this process is elected
//	any ──▶ damaged (what counts is missing or edited), foreign (a format it does not know);
//	the next list leaves both, and damaged is left for the repair that a person asks for, too:
//
//	damaged ──▶ restating ──the StockLedger names the new journal──▶ following
//	   ▲            │
//	   └──gives up──┘
//
// The package knows nothing of stock: records are bytes, and so are the marks in the
// header. It decides nothing and answers nobody. Callers owe it that:
//
//   - they perform each effect and answer it with its event, also where no answer came
//     (Unknown);
//   - they drop what they know at a Reset notice and apply each Applied notice, in order;
//     a record may be about what compaction restates only further on, and then means nothing;
//   - they append only what was decided from exactly that, and tell nobody before Landed;
//   - what they had appended is asked for again after Abandoned: it may have landed;
//   - where Turn is Restate they append, in one order, what restates all that they know,
//     from the record on that Restated counts;
//   - every process hears what a person asks for (RepairAsked), elected or not.
//
// Store performs the effects against an API server, and Encode and Decode turn pages
// into objects and back.
package journal
