// Package controllers holds the reconcilers, each a small loop over one kind, and the loops
// beside them: they pass on what a spec asks for to the allocator, and make statuses show
// what the journal says.
//
//	Reservation ──what its spec asks──▶ allocator ──▶ journal
//	     ▲                                              │ Changed
//	     └─────────────── status ◀── Reconcile ◀────────┘
//
// They decide nothing. They run on every replica and act in namespaces where this process leads.
// The StockLedger's reconciler also writes where this process is elected and cannot lead, where
// it knows more of a damaged journal than the status says, and once for a namespace that leaves
// the scope. The resourceVersion that was read, and the position that a status shows, guard
// against late writes of a deposed leader. A status decides nothing: if it is erased, it is
// written again.
//
// That something is not there counts only with a proof: that the journal does not know an
// object, after an append that began after the question; that an object is gone or does not
// ask to be consumed, by a read past the cache while this process leads.
//
// Before the namespaces.Set starts, callers have to pass each Changed method that takes
// stock.Changes to Set.OnChange, and each Attend method to Set.Attend. Their manager's cache has to
// have the StockItems, Reservations and StockLedgers of at least the namespaces that are worked
// in; it may have more.
package controllers
