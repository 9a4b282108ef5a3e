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
	// foldID is the last fold that the allocations show.
	foldID int64
}

// Journal records a decided hold that its Reservation does not show yet. A hold
// that is known already, or known to have ended, is left as it is.
func (l *Ledger) Journal(uid types.UID, allocations []v1.Allocation) {
	if _, held := l.holds[uid]; held || l.ended(uid) {
		return
	}
	l.put(uid, &hold{allocations: allocations})
}

// Withdraw takes back a hold that was only journaled: its batch never landed,
// or its journal was lost and rebuilt without it.
func (l *Ledger) Withdraw(uid types.UID) {
	if h, held := l.holds[uid]; held && h.version == 0 {
		l.drop(uid)
	}
}

// Commit records that a Reservation showed itself Reserved at version, with
// what the folds up to foldID took of it. One that has ended is ignored: it can
// only be an older version. The allocations are kept, not copied: nobody may change
// them afterwards.
func (l *Ledger) Commit(uid types.UID, version uint64, allocations []v1.Allocation, foldID int64) {
	if version <= l.holdFloor || l.ended(uid) {
		return
	}
	if h, held := l.holds[uid]; held && version <= h.version {
		return
	}
	l.put(uid, &hold{allocations: allocations, version: version, foldID: foldID})
}

// End records that a Reservation is final or gone: what it still held is free.
// Nothing brings the hold back, since no phase leads back to Reserved.
func (l *Ledger) End(uid types.UID) {
	l.bury(uid)
	l.drop(uid)
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

// HoldFold is the last fold that a Reserved Reservation is known to show.
func (l *Ledger) HoldFold(uid types.UID) int64 {
	if h, held := l.holds[uid]; held {
		return h.foldID
	}
	return 0
}

// Ended tells whether the Reservation is known to be final or gone.
func (l *Ledger) Ended(uid types.UID) bool { return l.ended(uid) }

func (l *Ledger) put(uid types.UID, h *hold) {
	l.drop(uid)
	l.holds[uid] = h
	l.count(uid, 1)
}

func (l *Ledger) drop(uid types.UID) {
	l.count(uid, -1)
	delete(l.holds, uid)
}

// count adds what a Reservation holds to the reserved units, or takes it from
// them: its allocations less what the open fold takes of them. Holds are kept
// by UID and every change takes the old hold back first, so sums cannot drift.
func (l *Ledger) count(uid types.UID, sign int64) {
	h, held := l.holds[uid]
	if !held {
		return
	}
	for _, a := range h.allocations {
		key := Key{ProductID: a.ProductID, LocationID: a.LocationID}
		if units := a.Held() - l.folding(uid, h, key); units != 0 {
			s := l.shelf(key)
			s.reserved += sign * units
			l.recount(s)
		}
	}
}
