// Package auditor checks, on the leader, that the figures the operator shows and
// works with are what the Reservations, StockLedgers, StockTallies and StockItems
// as stored make of them.
//
// It reads them past all caches, at a slow pace and on demand (the annotation
// inventory.acme.com/audit-requested-at on a StockLedger), adds them up by itself,
// without internal/ledger, and compares. Unless somebody asked, it reads for no more
// than a twentieth of the time, but for audits that follow a repair and reads that
// failed. What it finds becomes the StockLedger's
// condition Consistent, its status.audit, metrics and a log line.
//
// Several lists are no snapshot while decisions go on. So what looks wrong counts
// only if a second look, after the write-behind had its time, finds the same
// versions of the same objects to disagree in the same way, and if nothing is on
// its way to change that. Two such looks are a snapshot of those objects: a version
// that was there before and after was there in between. Figures that keep moving
// over the looks of one audit are not judged, and counted as unsettled. They are
// looked at again with the next audit, and at rest nothing escapes.
//
// It repairs what is derived: StockItem.status through the write-behind, the
// ledger's totals with the ledger's next write, the sums of a tally by a
// compare-and-swap, the operator's memory by taking the ledger over anew. It never
// touches a decision: no Reservation, no hold in flight, no fold, no entry of a
// tally. What it cannot put right stays in the condition for a person to see.
//
// Callers owe it a manager that runs it on the leader only.
package auditor
