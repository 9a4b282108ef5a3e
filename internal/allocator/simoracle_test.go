package allocator_test

import (
	"cmp"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// place is what units are counted by.
type place struct{ product, location string }

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.product, b.product), cmp.Compare(a.location, b.location))
}

// oracle looks at every version that the store ever holds, knows nothing of the
// allocator, and fails the simulation when an invariant is broken. It does its
// own sums.
type oracle struct {
	w     *world
	store *store
	shelves
	// used are the units of each place that are gone or promised: a model that
	// only counts units.
	used    map[place]int64
	shipped shipments
	sink    deliveries
	edits   edits
	cuts    cuts
	proofs  proofs
	before  map[types.UID]*v1.Reservation
	// journaled are the holds that any ledger ever had.
	journaled map[types.UID][]v1.Allocation
	tokens    map[string]string
	epochs    map[types.UID]int64
	// revisions counts what was looked at.
	revisions int
	reached   reached
}

// reached counts what a simulation got to: one that gets nowhere proves nothing.
type reached struct {
	reserved, refused, released, consumed, lost, edited, dropped, takeOvers, tallied int
}

func newOracle(w *world, s *store) *oracle {
	return &oracle{
		w: w, store: s,
		shelves:   newShelves(),
		used:      map[place]int64{},
		shipped:   newShipments(),
		sink:      newDeliveries(),
		cuts:      newCuts(),
		proofs:    newProofs(),
		before:    map[types.UID]*v1.Reservation{},
		journaled: map[types.UID][]v1.Allocation{},
		tokens:    map[string]string{},
		epochs:    map[types.UID]int64{},
	}
}

func (o *oracle) look(object client.Object, deleted bool) {
	o.revisions++
	switch object := object.(type) {
	case *v1.StockItem:
		o.lookItem(object, deleted)
	case *v1.StockLedger:
		if !deleted {
			o.lookLedger(object)
		}
	case *v1.StockTally:
		o.lookTally(object, deleted)
	case *v1.Reservation:
		o.lookReservation(object, deleted)
	}
}

func (o *oracle) lookLedger(l *v1.StockLedger) {
	s := &l.Status
	o.w.logf("store: ledger %s version %s holder %s epoch %d token %s, %d in flight, recovered %t, fold %v of %d, cursor %s",
		l.UID, l.ResourceVersion, s.Holder, s.Epoch, s.Token, len(s.InFlight), s.Recovered, s.OpenFold, s.LastFold, s.Cursor)
	if s.Epoch < o.epochs[l.UID] {
		o.w.failf("the epoch fell from %d to %d", o.epochs[l.UID], s.Epoch)
	}
	if s.Epoch > o.epochs[l.UID] {
		o.reached.takeOvers++
	}
	o.epochs[l.UID] = s.Epoch
	o.ledgerHeld(l)
	if landed := o.tokens[s.Token]; landed != "" && s.Token != "" {
		o.w.failf("token %s landed twice: %s, %s", s.Token, landed, l.ResourceVersion)
	}
	o.tokens[s.Token] = l.ResourceVersion
	o.forgetTallies(s.Holder)
	if !o.believed(l) {
		return
	}
	o.checkCuts(l)
	for _, hold := range s.InFlight {
		o.journaled[hold.UID] = hold.Allocations
	}
	o.lookFold(s.OpenFold)
}

func (o *oracle) lookReservation(r *v1.Reservation, deleted bool) {
	before := o.before[r.UID]
	if before == nil {
		before = &v1.Reservation{}
		o.made(r)
		o.proofs.made[r.UID] = versionNumber(r.ResourceVersion)
	}
	if o.w.traced {
		o.w.logf("store: %s version %s %s -> %s, intent %s, deleted %t, fold %d %v", r.Name, r.ResourceVersion,
			before.CurrentPhase(), r.CurrentPhase(), r.Spec.Intent, deleted, r.Status.FoldID, r.Status.Allocations)
	}
	o.transition(before, r)
	was := before.CurrentPhase() == v1.PhaseReserved
	is := r.CurrentPhase() == v1.PhaseReserved && !deleted
	o.count(before, was, -1)
	o.count(r, is, 1)
	if is && !was {
		o.becameReserved(r)
	}
	if r.Decided() && !deleted {
		o.sink.owed[eventID(r)] = r.Name
	}
	o.before[r.UID] = r
	if deleted {
		o.lookDeleted(r)
	}
}

// withdrawn notes that a person is about to delete a Reservation: what was not
// delivered of it need not be.
func (o *oracle) withdrawn(r *v1.Reservation) {
	if r.Decided() && o.sink.payloads[eventID(r)] == "" {
		delete(o.sink.owed, eventID(r))
	}
}

// becameReserved checks, at the moment a hold comes to exist, that it is whole,
// that it was journaled, and that the units are there.
func (o *oracle) becameReserved(r *v1.Reservation) {
	o.reached.reserved++
	wanted := map[string]int64{}
	for _, item := range r.Spec.Items {
		wanted[item.ProductID] += item.Quantity
	}
	for _, a := range r.Status.Allocations {
		wanted[a.ProductID] -= a.Quantity
		if a.Quantity <= 0 {
			o.w.failf("%s holds %d of %s", r.Name, a.Quantity, a.ProductID)
		}
	}
	for product, missing := range wanted {
		if missing != 0 {
			o.w.failf("%s is reserved, but %d of %s are missing", r.Name, missing, product)
		}
	}
	if !equality.Semantic.DeepEqual(o.journaled[r.UID], r.Status.Allocations) {
		o.w.failf("%s became Reserved with %v, journaled is %v", r.Name, r.Status.Allocations, o.journaled[r.UID])
	}
	for _, a := range r.Status.Allocations {
		at := place{a.ProductID, a.LocationID}
		if s := o.shelf(at); o.used[at] > max(s.received, s.promised) {
			o.w.failf("oversold when %s became Reserved: %d of %v are used, shown are %d received and at most %d promised",
				r.Name, o.used[at], at, s.received, s.promised)
		}
	}
}
