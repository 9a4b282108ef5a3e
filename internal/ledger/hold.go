package ledger

import (
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// hold is one Reservation's claim on units.
type hold struct {
	allocations []v1.Allocation
	// version is the Reservation's resourceVersion that shows the hold, 0
	// while it is only journaled.
	version uint64
}

// Journal records a decided hold that its Reservation does not show yet. A hold
// that is known already, or known to have ended, is left as it is.
func (l *Ledger) Journal(uid types.UID, allocations []v1.Allocation) {
	if _, held := l.holds[uid]; held || l.ended(uid) {
		return
	}
	l.holds[uid] = &hold{allocations: allocations}
	l.count(allocations, 1)
}

// Withdraw takes back a hold that was only journaled: its batch never landed,
// or its journal was lost and rebuilt without it.
func (l *Ledger) Withdraw(uid types.UID) {
	if h, held := l.holds[uid]; held && h.version == 0 {
		delete(l.holds, uid)
		l.count(h.allocations, -1)
	}
}

// Commit records that a Reservation showed itself Reserved at version. One
// that has ended is ignored: it can only be an older version.
func (l *Ledger) Commit(uid types.UID, version uint64, allocations []v1.Allocation) {
	if version <= l.holdFloor || l.ended(uid) {
		return
	}
	if h, held := l.holds[uid]; held {
		if version <= h.version {
			return
		}
		l.count(h.allocations, -1)
	}
	l.holds[uid] = &hold{allocations: allocations, version: version}
	l.count(allocations, 1)
}

// End records that a Reservation is final or gone: its units are free. Nothing
// brings the hold back, since no phase leads back to Reserved.
func (l *Ledger) End(uid types.UID) {
	l.bury(uid)
	if h, held := l.holds[uid]; held {
		delete(l.holds, uid)
		l.count(h.allocations, -1)
	}
}

// CompleteHolds records that listed were all the Reserved Reservations there
// were at version: other committed holds known from before have ended, and
// input up to version is old. Journaled holds are not touched.
func (l *Ledger) CompleteHolds(version uint64, listed map[types.UID]struct{}) {
	for uid, h := range l.holds {
		if _, ok := listed[uid]; !ok && h.version > 0 && h.version <= version {
			l.End(uid)
		}
	}
	l.holdFloor = max(l.holdFloor, version)
}

// HoldVersion is the version at which the Reservation is known to be Reserved,
// 0 if it is not.
func (l *Ledger) HoldVersion(uid types.UID) uint64 {
	if h, held := l.holds[uid]; held {
		return h.version
	}
	return 0
}

// Ended tells whether the Reservation is known to be final or gone.
func (l *Ledger) Ended(uid types.UID) bool { return l.ended(uid) }

// count adds allocations to, or takes them from, the reserved units. The
// changes are by UID and each is applied once, so sums cannot drift.
func (l *Ledger) count(allocations []v1.Allocation, sign int64) {
	for _, a := range allocations {
		s := l.shelf(Key{ProductID: a.ProductID, LocationID: a.LocationID})
		s.reserved += sign * a.Quantity
		l.recount(s)
	}
}
