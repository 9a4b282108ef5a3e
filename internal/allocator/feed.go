package allocator

import (
	"strconv"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// SeeReservation takes note of a version of a Reservation, such as the answer to a
// write. The caller may change r afterwards.
func (a *Allocator) SeeReservation(r *v1.Reservation) {
	a.shard(r.Namespace).dispatch(reservationSeen(r))
}

// SeeCachedReservation is SeeReservation for what an informer keeps, which nobody
// changes: what it holds is not copied.
func (a *Allocator) SeeCachedReservation(r *v1.Reservation) {
	a.shard(r.Namespace).dispatch(reservationCached(r))
}

// ReservationGone takes note of a deleted Reservation.
func (a *Allocator) ReservationGone(namespace string, uid types.UID) {
	a.shard(namespace).dispatch(ReservationSeen{UID: uid, Gone: true})
}

// SeeItem takes note of a version of a StockItem.
func (a *Allocator) SeeItem(item *v1.StockItem) {
	a.shard(item.Namespace).dispatch(itemSeen(item))
}

// ItemGone takes note of a deleted StockItem.
func (a *Allocator) ItemGone(namespace string, uid types.UID) {
	s := a.shard(namespace)
	s.dispatch(ItemGone{UID: uid})
	s.forgetItem(uid)
}

// SeeTally takes note of a version of a StockTally.
func (a *Allocator) SeeTally(t *v1.StockTally) {
	if seen, ok := tallySeen(t); ok {
		a.shard(t.Namespace).dispatch(seen)
	}
}

// TallyGone takes note of a deleted StockTally: the leader takes the ledger over
// anew, in the course of which it makes the tally again from what it remembers.
func (a *Allocator) TallyGone(t *v1.StockTally) {
	if _, ours := shardOf(t.Name); ours {
		a.Relearn(t.Namespace)
	}
}

// SeeLedger takes note of a version of a StockLedger.
func (a *Allocator) SeeLedger(l *v1.StockLedger) {
	a.shard(l.Namespace).dispatch(LedgerSeen{
		UID: l.UID, Version: versionOf(l.ResourceVersion), Token: l.Status.Token, OpenFold: l.Status.OpenFold,
		Edited: !trusted(&Stored{UID: l.UID, Status: l.Status}),
	})
}

// LedgerGone takes note of a deleted StockLedger.
func (a *Allocator) LedgerGone(namespace string, uid types.UID) {
	a.shard(namespace).dispatch(LedgerSeen{UID: uid, Gone: true})
}

// RecordProgress keeps the publisher's place in the StockLedger, along with
// other changes and at the latest within about a second.
func (a *Allocator) RecordProgress(namespace string, cursor uint64, backlog int64) {
	a.shard(namespace).dispatch(Progressed{Cursor: strconv.FormatUint(cursor, 10), Backlog: backlog})
}

// ItemStale takes note that somebody else may have written the status of a
// StockItem, so that it is looked at in its turn.
func (a *Allocator) ItemStale(item *v1.StockItem) {
	a.stale.mark(item.Namespace, []ledger.Key{itemKey(item)}, false)
}
