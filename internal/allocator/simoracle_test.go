package allocator

import (
	"cmp"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// oracle looks at every version that the store ever holds, knows nothing of the
// allocator, and fails the simulation when an invariant is broken.
type oracle struct {
	w     *world
	store *store
	// received are the units of each generation of each item.
	received map[types.UID]map[int64]int64
	shown    map[ledger.Key]*shown
	// used are the units of each key that are gone or promised: a model that only
	// counts units.
	used    map[ledger.Key]int64
	shipped shipments
	before  map[types.UID]*v1.Reservation
	// journaled are the holds that any ledger ever had.
	journaled map[types.UID][]v1.Allocation
	tokens    map[string]uint64
	epochs    map[types.UID]int64

	// reserved, refused, released, rebuilt count what the simulation reached.
	reserved, refused, released, consumed, rebuilt int
}

// shown is what the operator showed last of one key.
type shown struct {
	generation int64
	received   int64
	// promised are the most units shown as reserved or consumed since received was shown:
	// beyond received, they are the shortfall that a cut leaves.
	promised int64
}

func newOracle(w *world, s *store) *oracle {
	return &oracle{
		w: w, store: s,
		received:  map[types.UID]map[int64]int64{},
		shown:     map[ledger.Key]*shown{},
		used:      map[ledger.Key]int64{},
		shipped:   newShipments(),
		before:    map[types.UID]*v1.Reservation{},
		journaled: map[types.UID][]v1.Allocation{},
		tokens:    map[string]uint64{},
		epochs:    map[types.UID]int64{},
	}
}

func (o *oracle) look(object client.Object, deleted bool) {
	switch object := object.(type) {
	case *v1.StockItem:
		o.lookItem(object)
	case *v1.StockLedger:
		if !deleted {
			o.lookLedger(object)
		}
	case *v1.StockTally:
		o.lookTally(object)
	case *v1.Reservation:
		o.lookReservation(object, deleted)
	}
}

func (o *oracle) lookItem(item *v1.StockItem) {
	generations := o.received[item.UID]
	if generations == nil {
		generations = map[int64]int64{}
		o.received[item.UID] = generations
	}
	generations[item.Generation] = item.Spec.Received
	o.w.logf("store: %s generation %d received %d, shown %d: reserved %d",
		item.Name, item.Generation, item.Spec.Received, item.Status.ObservedGeneration, item.Status.Reserved)
	if item.Status.ObservedGeneration == 0 {
		return // never shown, or erased: what was shown last still binds
	}
	key := ledger.Key{ProductID: item.Spec.ProductID, LocationID: item.Spec.LocationID}
	s := o.shown[key]
	if s == nil {
		s = &shown{}
		o.shown[key] = s
	}
	if item.Status.ObservedGeneration < s.generation {
		o.w.failf("%s shows generation %d after %d", item.Name, item.Status.ObservedGeneration, s.generation)
	}
	if received := generations[item.Status.ObservedGeneration]; received != s.received {
		*s = shown{received: received}
	}
	s.generation = item.Status.ObservedGeneration
	s.promised = max(s.promised, item.Status.Reserved+item.Status.Consumed)
}

func (o *oracle) lookLedger(l *v1.StockLedger) {
	s := &l.Status
	o.w.logf("store: ledger %s version %s holder %s epoch %d token %s, %d in flight, recovered %t",
		l.UID, l.ResourceVersion, s.Holder, s.Epoch, s.Token, len(s.InFlight), s.Recovered)
	if s.Epoch < o.epochs[l.UID] {
		o.w.failf("the epoch fell from %d to %d", o.epochs[l.UID], s.Epoch)
	}
	o.epochs[l.UID] = s.Epoch
	version := versionOf(l.ResourceVersion)
	if landed, used := o.tokens[s.Token]; used && s.Token != "" {
		o.w.failf("token %s landed twice: %d, %d", s.Token, landed, version)
	}
	o.tokens[s.Token] = version
	for _, hold := range s.InFlight {
		o.journaled[hold.UID] = hold.Allocations
	}
	o.lookFold(s.OpenFold)
}

func (o *oracle) lookReservation(r *v1.Reservation, deleted bool) {
	before := o.before[r.UID]
	if before == nil {
		before = &v1.Reservation{}
	}
	o.w.logf("store: %s version %s %s -> %s, deleted %t, fold %d %v", r.Name, r.ResourceVersion,
		before.CurrentPhase(), r.CurrentPhase(), deleted, r.Status.FoldID, r.Status.Allocations)
	o.transition(before, r)
	was := before.CurrentPhase() == v1.PhaseReserved
	is := r.CurrentPhase() == v1.PhaseReserved && !deleted
	o.count(before, was, -1)
	o.count(r, is, 1)
	if is && !was {
		o.becameReserved(r)
	}
	o.before[r.UID] = r
	if deleted {
		o.lookDeleted(r)
	}
}

// transition checks that a decision is made once and never changes.
func (o *oracle) transition(before, after *v1.Reservation) {
	from, to := before.CurrentPhase(), after.CurrentPhase()
	allowed := from == to || from == v1.PhasePending ||
		from == v1.PhaseReserved && (to == v1.PhaseReleased || to == v1.PhaseConsumed)
	if !allowed {
		o.w.failf("%s went from %s to %s", after.Name, from, to)
	}
	if before.Decided() {
		x, y := before.Status.DeepCopy(), after.Status.DeepCopy()
		for _, s := range []*v1.ReservationStatus{x, y} {
			s.Phase, s.Reason, s.Conditions, s.Fence, s.FoldID = "", "", nil, "", 0
			for i := range s.Allocations {
				a := &s.Allocations[i]
				if a.Consumed < 0 || a.Released < 0 || a.Held() < 0 {
					o.w.failf("%s: %+v does not add up", after.Name, *a)
				}
				a.Consumed, a.Released, a.LastConsumed = 0, 0, 0
			}
		}
		if !equality.Semantic.DeepEqual(x, y) {
			o.w.failf("the outcome of %s changed from %+v to %+v", after.Name, x, y)
		}
	}
	o.growth(before, after)
	switch {
	case from == to:
	case to == v1.PhaseConsumed:
		o.consumed++
	case to == v1.PhaseUnavailable:
		o.refused++
		if len(after.Status.Allocations) > 0 || len(after.Status.UnavailableItems) == 0 || after.WasReserved() {
			o.w.failf("%s is refused, but says %+v", after.Name, after.Status)
		}
	case to == v1.PhaseReleased:
		o.released++
		if after.Decided() != before.Decided() {
			o.w.failf("%s got an outcome by its release", after.Name)
		}
	}
}

// becameReserved checks, at the moment a hold comes to exist, that it is whole,
// that it was journaled, and that the units are there.
func (o *oracle) becameReserved(r *v1.Reservation) {
	o.reserved++
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
		key := ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}
		s := cmp.Or(o.shown[key], &shown{})
		if o.used[key] > max(s.received, s.promised) {
			o.w.failf("oversold when %s became Reserved: %d of %v are used, generation %d shows %d received and at most %d promised",
				r.Name, o.used[key], key, s.generation, s.received, s.promised)
		}
	}
}
