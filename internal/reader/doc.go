// Package reader tells the leader of a namespace how far somebody has read its journal, such
// as an archive that wants every record.
//
// A reader registers by an annotation of the StockLedger. The leader notes in the journal
// which page the reader has come to, and from then on no page is written over that it has not
// read: not after a take-over, not where the annotation or the StockLedger is erased, and not
// after a repair of the journal. Only Unregister, or a person who gives the annotation the
// value "unregister", ends that.
//
// The log has a bound, and nobody's carts are turned away for a reader. Once the log takes
// three quarters of --journal-limit, the oldest pages are dropped though a reader has not read
// them: it is overtaken. The StockLedger says so, and the reader finds out by itself: the head
// of the journal is beyond the page that it has come to, and the chain of digests has a hole.
//
// What it does not do: it reads no pages and knows no database. Callers owe it that:
//
//   - they report only what is durable where they keep it: what was reported may be dropped;
//   - they register before they list the pages to begin with, and look at the head of that
//     list: what is before it was never theirs;
//   - they report when they have come to another page, and at most about once a second. A report
//     of the same page costs a write of the StockLedger and none of the journal.
package reader
