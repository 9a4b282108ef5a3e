// Package controllers holds the reconcilers, each a small loop over one kind, and the loops
// beside them: they pass on what a spec asks for to the allocator, and make statuses show
// what the journal says.
//
//	Reservation ──what its spec asks──▶ allocator ──▶ journal
//	     ▲                                              │ Changed
//	     └─────────────── status ◀── Reconcile ◀────────┘
//
// They decide nothing. They run on every replica and act only in namespaces where this
// process leads; what a deposed leader still writes is guarded by the resourceVersion that it
// read and by the position that a status shows. Views decide nothing either: whatever becomes
// of a status, it is shown again.
//
// That something is not there counts only with a proof: that the journal does not know an
// object, after an append that began after the question; that an object is gone or does not
// ask to be consumed, by a read past the cache while this process leads.
//
// Callers owe them the Changed hook and the attendants of internal/namespaces, and a cache
// whose Reservations are those of the namespaces that are worked in.
package controllers
