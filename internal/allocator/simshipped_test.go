package allocator_test

import (
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// shipments is what the oracle knows of units that left, counted by
// Reservation: a ledger or a tally that says otherwise is wrong.
type shipments struct {
	// gone are the Reservations that were deleted, as they were last.
	gone map[types.UID]*v1.Reservation
	// ghosts are units that a fold took of a Reservation that never showed it,
	// because it was deleted before.
	ghosts map[types.UID]ghost
	// slack are units that may or may not be counted: somebody deleted the only
	// two objects that knew of them, the ledger and the Reservation.
	slack map[place]int64
	// forgiven are the Reservations whose last fold is part of slack.
	forgiven map[types.UID]bool
	// open is the open fold of the stored ledger, nil for none.
	open *v1.Fold
	// tallied is what each tally counted last.
	tallied map[string]*v1.StockTally
	// owed are tallies that somebody deleted and that have to come back.
	owed map[string]*v1.StockTally
	// forgot says that a tally was deleted and is not owed.
	forgot bool
	// stored are the most units that were ever stored as consumed.
	stored map[place]int64
}

type ghost struct {
	foldID int64
	takes  []v1.Take
}

func newShipments() shipments {
	return shipments{
		gone:     map[types.UID]*v1.Reservation{},
		ghosts:   map[types.UID]ghost{},
		slack:    map[place]int64{},
		forgiven: map[types.UID]bool{},
		tallied:  map[string]*v1.StockTally{},
		owed:     map[string]*v1.StockTally{},
		stored:   map[place]int64{},
	}
}

// count adds what a Reservation uses: all that it did not give back while it is
// Reserved, and what was shipped of it ever after.
func (o *oracle) count(r *v1.Reservation, reserved bool, sign int64) {
	for _, a := range r.Status.Allocations {
		units := a.Consumed
		if reserved {
			units = a.Quantity - a.Released
		}
		o.used[place{a.ProductID, a.LocationID}] += sign * units
	}
}

// lookFold notes which deleted Reservations the open fold takes units of.
func (o *oracle) lookFold(open *v1.Fold) {
	o.shipped.open = open
	if open == nil {
		return
	}
	o.noteStored()
	for _, member := range open.Reservations {
		if r := o.shipped.gone[member.UID]; r != nil {
			o.addGhost(r, open.ID, member.Takes)
		}
	}
}

// lookDeleted notes that a Reservation is gone, and what an open fold takes of
// it nevertheless.
func (o *oracle) lookDeleted(r *v1.Reservation) {
	o.shipped.gone[r.UID] = r
	if o.shipped.open != nil {
		for _, member := range o.shipped.open.Reservations {
			if member.UID == r.UID {
				o.addGhost(r, o.shipped.open.ID, member.Takes)
			}
		}
	}
	if l := o.store.ledger(); l == nil || !l.Status.Recovered || o.edits.spoiled {
		o.forgive(r)
	}
}

func (o *oracle) addGhost(r *v1.Reservation, foldID int64, takes []v1.Take) {
	if _, known := o.shipped.ghosts[r.UID]; known || r.Status.FoldID >= foldID {
		return
	}
	o.shipped.ghosts[r.UID] = ghost{foldID, takes}
	for _, t := range takes {
		o.used[place{t.ProductID, t.LocationID}] += t.Quantity
	}
}

// ledgerLost notes what nobody may know any more: units of the open fold whose
// Reservation is deleted, and that no tally counts.
func (o *oracle) ledgerLost(l *v1.StockLedger) {
	open := l.Status.OpenFold
	o.shipped.open = nil
	for _, r := range o.shipped.gone {
		o.forgive(r)
	}
	if open == nil {
		return
	}
	for uid, g := range o.shipped.ghosts {
		if g.foldID != open.ID {
			continue
		}
		delete(o.shipped.ghosts, uid)
		for _, t := range g.takes {
			key := place{t.ProductID, t.LocationID}
			if o.counted(key, g.foldID) {
				o.shipped.ghosts[uid] = ghost{g.foldID, append(o.shipped.ghosts[uid].takes, t)}
				continue
			}
			o.used[key] -= t.Quantity
			o.shipped.slack[key] += t.Quantity
		}
	}
}

// forgive leaves open whether the last fold of a deleted Reservation is counted,
// where no tally counts it while the ledger is lost.
func (o *oracle) forgive(r *v1.Reservation) {
	if o.shipped.forgiven[r.UID] {
		return
	}
	for _, a := range r.Status.Allocations {
		key := place{a.ProductID, a.LocationID}
		if a.LastConsumed > 0 && !o.counted(key, r.Status.FoldID) {
			o.shipped.forgiven[r.UID] = true
			o.used[key] -= a.LastConsumed
			o.shipped.slack[key] += a.LastConsumed
		}
	}
}

// counted tells whether a tally counts a fold's units of a key.
func (o *oracle) counted(key place, foldID int64) bool {
	for _, t := range o.tallies() {
		for _, e := range t.Status.Entries {
			if e.ProductID == key.product && e.LocationID == key.location {
				return t.Status.LastFold >= foldID
			}
		}
	}
	return false
}

// held is what Reservations hold of each place, as they show it.
func (o *oracle) held() map[place]int64 {
	held := map[place]int64{}
	for _, object := range o.store.objects[reservations] {
		r := object.(*v1.Reservation)
		if r.CurrentPhase() != v1.PhaseReserved {
			continue
		}
		for _, a := range r.Status.Allocations {
			held[place{a.ProductID, a.LocationID}] += a.Quantity - a.Consumed - a.Released
		}
	}
	return held
}
