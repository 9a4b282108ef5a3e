package allocator

import (
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
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
	slack map[ledger.Key]int64
	// forgiven are the Reservations whose last fold is part of slack.
	forgiven map[types.UID]bool
	// open is the open fold of the stored ledger, nil for none.
	open *v1.Fold
	// tallied is what each tally counted last.
	tallied map[string]*v1.StockTally
}

type ghost struct {
	foldID int64
	takes  []v1.Take
}

func newShipments() shipments {
	return shipments{
		gone:     map[types.UID]*v1.Reservation{},
		ghosts:   map[types.UID]ghost{},
		slack:    map[ledger.Key]int64{},
		forgiven: map[types.UID]bool{},
		tallied:  map[string]*v1.StockTally{},
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
		o.used[ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}] += sign * units
	}
}

// growth checks that what was shipped or given back stays so.
func (o *oracle) growth(before, after *v1.Reservation) {
	for i, a := range before.Status.Allocations {
		b := after.Status.Allocations[i]
		if b.Consumed < a.Consumed || b.Released < a.Released {
			o.w.failf("%s takes back a shipment or a release: %+v, then %+v", after.Name, a, b)
		}
		if b.Consumed > a.Consumed && after.Status.FoldID <= before.Status.FoldID {
			o.w.failf("%s is consumed twice by fold %d", after.Name, after.Status.FoldID)
		}
	}
}

// lookFold notes which deleted Reservations the open fold takes units of.
func (o *oracle) lookFold(open *v1.Fold) {
	o.shipped.open = open
	if open == nil {
		return
	}
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
	if o.store.ledger == nil || !o.store.ledger.Status.Recovered {
		o.forgive(r)
	}
}

func (o *oracle) addGhost(r *v1.Reservation, foldID int64, takes []v1.Take) {
	if _, known := o.shipped.ghosts[r.UID]; known || r.Status.FoldID >= foldID {
		return
	}
	o.shipped.ghosts[r.UID] = ghost{foldID, takes}
	for _, t := range takes {
		o.used[ledger.Key{ProductID: t.ProductID, LocationID: t.LocationID}] += t.Quantity
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
			key := ledger.Key{ProductID: t.ProductID, LocationID: t.LocationID}
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
		key := ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}
		if a.LastConsumed > 0 && !o.counted(key, r.Status.FoldID) {
			o.shipped.forgiven[r.UID] = true
			o.used[key] -= a.LastConsumed
			o.shipped.slack[key] += a.LastConsumed
		}
	}
}

// counted tells whether a tally counts a fold's units of a key.
func (o *oracle) counted(key ledger.Key, foldID int64) bool {
	for _, t := range o.shipped.tallied {
		for _, e := range t.Status.Entries {
			if e.ProductID == key.ProductID && e.LocationID == key.LocationID {
				return t.Status.LastFold >= foldID
			}
		}
	}
	return false
}

// lookTally checks that tallies only grow, and only with a fold.
func (o *oracle) lookTally(t *v1.StockTally) {
	before := o.shipped.tallied[t.Name]
	o.shipped.tallied[t.Name] = t
	o.w.logf("store: %s version %s counts fold %d: %+v", t.Name, t.ResourceVersion, t.Status.LastFold, t.Status.Entries)
	if before == nil {
		return
	}
	if t.Status.LastFold < before.Status.LastFold {
		o.w.failf("%s goes back from fold %d to %d", t.Name, before.Status.LastFold, t.Status.LastFold)
	}
	for _, e := range before.Status.Entries {
		now := o.tally(t, e)
		if now < e.Quantity || now > e.Quantity && t.Status.LastFold == before.Status.LastFold {
			o.w.failf("%s: %+v became %d with fold %d after %d", t.Name, e, now, t.Status.LastFold, before.Status.LastFold)
		}
	}
}

func (o *oracle) tally(t *v1.StockTally, like v1.Take) int64 {
	for _, e := range t.Status.Entries {
		if e.ProductID == like.ProductID && e.LocationID == like.LocationID {
			return e.Quantity
		}
	}
	return 0
}

// checkShipped compares the tallies with the units that Reservations say were
// shipped, once everything is calm.
func (o *oracle) checkShipped() map[ledger.Key]int64 {
	counted := map[ledger.Key]int64{}
	for _, t := range o.shipped.tallied {
		for _, e := range t.Status.Entries {
			counted[ledger.Key{ProductID: e.ProductID, LocationID: e.LocationID}] += e.Quantity
		}
	}
	used := map[ledger.Key]int64{}
	for key, units := range o.used {
		used[key] = units
	}
	for _, r := range o.store.reservations {
		if r.CurrentPhase() != v1.PhaseReserved {
			continue
		}
		for _, a := range r.Status.Allocations {
			used[ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}] -= a.Held()
		}
	}
	for key := range used {
		if counted[key] < used[key] || counted[key] > used[key]+o.shipped.slack[key] {
			o.w.failf("%d of %v are tallied, %d were shipped and %d may have been", counted[key], key, used[key], o.shipped.slack[key])
		}
	}
	return counted
}
