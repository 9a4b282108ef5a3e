package chaos

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
)

// shelfKey is where units are accounted.
type shelfKey struct{ product, location string }

// judge goes through a history and knows nothing of the allocator: it only adds
// up units, revision after revision.
type judge struct {
	fault  *faultreport.Fault
	ledger *v1.StockLedger
	// unjournaled says that ledgers were edited by hand, so that holds and
	// epochs may be missing from them.
	unjournaled  bool
	reservations map[types.UID]*v1.Reservation
	final        map[types.UID]*v1.Reservation
	items        map[types.UID]*v1.StockItem
	specs        map[types.UID]map[int64]v1.StockItemSpec
	tallies      map[string]*v1.StockTally
	shown        map[shelfKey]shownSpec
	journaled    map[types.UID][]v1.Allocation
	// used are the units held or consumed.
	used map[shelfKey]int64
	// shipped are the units that any fold took, by Reservation and fold.
	shipped map[types.UID]map[int64][]v1.Take
	epochs  map[types.UID]int64
}

// shownSpec is what the operator showed last of a key to be binding.
type shownSpec struct {
	uid        types.UID
	generation int64
}

func newJudge(fault *faultreport.Fault) *judge {
	return &judge{
		fault:        fault,
		reservations: map[types.UID]*v1.Reservation{}, final: map[types.UID]*v1.Reservation{},
		items: map[types.UID]*v1.StockItem{}, specs: map[types.UID]map[int64]v1.StockItemSpec{},
		tallies: map[string]*v1.StockTally{}, shown: map[shelfKey]shownSpec{},
		journaled: map[types.UID][]v1.Allocation{}, used: map[shelfKey]int64{},
		shipped: map[types.UID]map[int64][]v1.Take{}, epochs: map[types.UID]int64{},
	}
}

// hear judges every revision.
func (j *judge) hear(revisions []revision) {
	for _, r := range revisions {
		j.fault.Checked(1)
		switch object := r.object.(type) {
		case *v1.StockItem:
			j.hearItem(object, r.deleted)
		case *v1.StockTally:
			j.tallies[object.Name] = object
			j.add()
		case *v1.StockLedger:
			j.hearLedger(object, r.deleted)
		case *v1.Reservation:
			j.hearReservation(object, r.deleted)
		}
	}
}

func (j *judge) hearItem(i *v1.StockItem, deleted bool) {
	if deleted {
		delete(j.items, i.UID)
		return
	}
	j.items[i.UID] = i
	if j.specs[i.UID] == nil {
		j.specs[i.UID] = map[int64]v1.StockItemSpec{}
	}
	j.specs[i.UID][i.Generation] = i.Spec
	if i.Status.ObservedGeneration == 0 || !serves(i) {
		return
	}
	spec, known := j.specs[i.UID][i.Status.ObservedGeneration]
	if !known || i.Status.OnHand != spec.Received-i.Status.Consumed {
		j.fault.Violated("stock item %s does not add up at %s: %+v %+v", i.Name, i.ResourceVersion, spec, i.Status)
	}
	j.shown[shelfKey{i.Spec.ProductID, i.Spec.LocationID}] = shownSpec{i.UID, i.Status.ObservedGeneration}
}

func serves(i *v1.StockItem) bool {
	for _, c := range i.Status.Conditions {
		if c.Type == v1.ConditionReady {
			return c.Reason != v1.ReasonDuplicateStockItem
		}
	}
	return false
}

func (j *judge) hearLedger(l *v1.StockLedger, deleted bool) {
	if deleted {
		j.ledger = nil
		j.add()
		return
	}
	if l.Status.Epoch < j.epochs[l.UID] && !j.unjournaled {
		j.fault.Violated("the epoch fell from %d to %d at %s", j.epochs[l.UID], l.Status.Epoch, l.ResourceVersion)
	}
	j.epochs[l.UID] = l.Status.Epoch
	j.ledger = l
	if f := l.Status.OpenFold; f != nil {
		for _, r := range f.Reservations {
			if j.shipped[r.UID] == nil {
				j.shipped[r.UID] = map[int64][]v1.Take{}
			}
			j.shipped[r.UID][f.ID] = r.Takes
		}
	}
	j.add()
	for _, hold := range l.Status.InFlight {
		if _, known := j.journaled[hold.UID]; !known {
			j.promise(fmt.Sprintf("the ledger of %s promises to %s", l.ResourceVersion, hold.Name), hold.Allocations)
		}
		j.journaled[hold.UID] = hold.Allocations
	}
}

func (j *judge) hearReservation(r *v1.Reservation, deleted bool) {
	before := j.final[r.UID]
	if before == nil {
		before = &v1.Reservation{}
	}
	j.transition(before, r)
	j.final[r.UID] = r
	if deleted {
		delete(j.reservations, r.UID)
	} else {
		j.reservations[r.UID] = r
	}
	j.add()
	if !deleted && r.Status.Phase == v1.PhaseReserved && before.CurrentPhase() == v1.PhasePending {
		if !j.unjournaled && !equality.Semantic.DeepEqual(j.journaled[r.UID], r.Status.Allocations) {
			j.fault.Violated("%s became Reserved with %v, journaled is %v", r.Name, r.Status.Allocations, j.journaled[r.UID])
		}
		j.whole(r)
		if j.unjournaled {
			j.promise(fmt.Sprintf("%s became Reserved at %s", r.Name, r.ResourceVersion), r.Status.Allocations)
		}
	}
}

// whole checks that a hold is of all items or none.
func (j *judge) whole(r *v1.Reservation) {
	wanted := map[string]int64{}
	for _, item := range r.Spec.Items {
		wanted[item.ProductID] += item.Quantity
	}
	for _, a := range r.Status.Allocations {
		wanted[a.ProductID] -= a.Quantity
	}
	for product, missing := range wanted {
		if missing != 0 {
			j.fault.Violated("%s is Reserved and misses %d of %s", r.Name, missing, product)
		}
	}
}

// transition checks that what was decided and shipped stays.
func (j *judge) transition(before, after *v1.Reservation) {
	from, to := before.CurrentPhase(), after.CurrentPhase()
	if from != to && from != v1.PhasePending && (from.Final() || to == v1.PhasePending || to == v1.PhaseUnavailable) {
		j.fault.Violated("%s went from %s to %s at %s", after.Name, from, to, after.ResourceVersion)
	}
	if !before.Decided() {
		return
	}
	a, b := before.Status, after.Status
	if !equality.Semantic.DeepEqual(
		[]any{a.DecidedAt, a.ReservedAt, promisedOf(a.Allocations), a.UnavailableItems, a.OrderID, a.Units},
		[]any{b.DecidedAt, b.ReservedAt, promisedOf(b.Allocations), b.UnavailableItems, b.OrderID, b.Units}) {
		j.fault.Violated("the outcome of %s changed at %s from\n%+v\nto\n%+v", after.Name, after.ResourceVersion, a, b)
	}
	for i := range min(len(a.Allocations), len(b.Allocations)) {
		x, y := a.Allocations[i], b.Allocations[i]
		if y.Consumed < x.Consumed || y.Released < x.Released || y.Held() < 0 || from.Final() && x.Held() != y.Held() {
			j.fault.Violated("what became of %s went from %+v to %+v at %s", after.Name, x, y, after.ResourceVersion)
		}
	}
}

func promisedOf(allocations []v1.Allocation) (promised []v1.Allocation) {
	for _, a := range allocations {
		promised = append(promised, v1.Allocation{ProductID: a.ProductID, LocationID: a.LocationID, Quantity: a.Quantity})
	}
	return promised
}

var _ client.Object = (*v1.Reservation)(nil)
