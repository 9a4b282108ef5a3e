package testbed

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/books"
)

// views are what objects have shown so far.
type views struct {
	// newest are the versions seen last, by uid.
	newest map[types.UID]uint64
	// positions are those shown last.
	positions map[types.UID]string
	// waiting are revisions that show more than the observer has read of the journal.
	waiting []client.Object
	specs   map[specKey]v1.StockItemSpec
	// consuming is when Reservations were seen first that are to be consumed.
	consuming map[types.UID]time.Time
	// shown are the versions at which generations were shown first.
	shown map[specKey]uint64
}

type specKey struct {
	UID        types.UID
	Generation int64
}

func newViews() views {
	return views{
		newest: map[types.UID]uint64{}, positions: map[types.UID]string{},
		specs: map[specKey]v1.StockItemSpec{}, shown: map[specKey]uint64{}, consuming: map[types.UID]time.Time{},
	}
}

// split parts a key of Received.
func split(key string) (product, location string) {
	product, location, _ = strings.Cut(key, " ")
	return product, location
}

func (o *Observer) seenItem(i *v1.StockItem) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.views.specs[specKey{i.UID, i.Generation}] = i.Spec
	shown := specKey{i.UID, i.Status.ObservedGeneration}
	if _, known := o.views.specs[shown]; !known && shown.Generation > 0 {
		o.w.Errorf("stock item %s shows generation %d, which never was", i.Name, shown.Generation)
	}
	if _, before := o.views.shown[shown]; !before {
		o.views.shown[shown] = revision(i)
	}
	o.see(i, i.Status.Position)
}

// InTime tells whether a Reservation was seen to be consumed before its hold ran out.
func (o *Observer) InTime(r *v1.Reservation) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, seen := o.views.consuming[r.UID]
	return seen && r.Status.ExpiresAt != nil && at.Before(r.Status.ExpiresAt.Time)
}

// see takes in what an object shows now. Its position never goes back. The caller holds
// the lock.
func (o *Observer) see(object client.Object, position string) {
	uid := object.GetUID()
	o.views.newest[uid] = revision(object)
	o.Versions++
	before, err := books.ParsePlace(o.views.positions[uid])
	if now, nowErr := books.ParsePlace(position); nowErr == nil {
		if err == nil && now.Journal == before.Journal && now.Before(before) {
			o.w.Errorf("%T %s showed position %s and then, at resourceVersion %s, %s", object, object.GetName(), before, object.GetResourceVersion(), now)
		}
		o.views.positions[uid] = position
	}
	o.views.waiting = append(o.views.waiting, object)
	o.checkReached()
	o.announce()
}

// checkReached compares with the journal what it has come to by now. The caller holds the
// lock.
func (o *Observer) checkReached() {
	o.views.waiting = slices.DeleteFunc(o.views.waiting, func(object client.Object) bool {
		switch object := object.(type) {
		case *v1.Reservation:
			if !o.Books.Reached(object.Status.Position) {
				return false
			}
			o.count(o.Books.CheckReservation(object))
		case *v1.StockItem:
			if !o.Books.Reached(object.Status.Position) {
				return false
			}
			o.count(o.Books.CheckItem(object))
		case *v1.StockLedger:
			if !o.Books.Reached(object.Status.Position) {
				return false
			}
			o.count(o.Books.CheckLedger(object))
		}
		return true
	})
}

func (o *Observer) count(compared bool) {
	if compared {
		o.Compared++
	}
}

// compare checks that what an object shows of an outcome stays what it was.
func (o *Observer) compare(before, after *v1.Reservation) {
	a, b := before.Status, after.Status
	if !equality.Semantic.DeepEqual(
		[]any{a.DecidedAt, a.ReservedAt, promised(a.Allocations), a.UnavailableItems, a.OrderID, a.OutcomeID},
		[]any{b.DecidedAt, b.ReservedAt, promised(b.Allocations), b.UnavailableItems, b.OrderID, b.OutcomeID}) ||
		a.Phase.Final() && !equality.Semantic.DeepEqual([]any{a.Phase, a.Allocations}, []any{b.Phase, b.Allocations}) ||
		settledFell(a.Allocations, b.Allocations) || b.Phase == v1.PhasePending {
		o.w.Errorf("the outcome of reservation %s changed from\n%+v\nto\n%+v", after.Name, a, b)
	}
}

// promised are the units of each product. Which place they are from may change: they can be
// shipped from another.
func promised(allocations []v1.Allocation) map[string]int64 {
	units := map[string]int64{}
	for _, a := range allocations {
		units[a.ProductID] += a.Quantity
	}
	return units
}

// settledFell tells whether less is consumed or released anywhere than was before.
func settledFell(before, after []v1.Allocation) bool {
	return slices.ContainsFunc(before, func(was v1.Allocation) bool {
		var consumed, released int64
		for _, is := range after {
			if is.ProductID == was.ProductID && is.LocationID == was.LocationID {
				consumed, released = consumed+is.Consumed, released+is.Released
			}
		}
		return consumed < was.Consumed || released < was.Released
	})
}

// checkAll checks at the end what needs all that was seen: nothing was shown that the
// journal never came to, and what it stated of StockItems was in their specs, a raise only
// once a status had shown it.
func (o *Observer) checkAll() {
	o.w.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, object := range o.views.waiting {
		o.w.Errorf("%T %s shows position %s, and the journal ends at %s", object, object.GetName(), o.views.positions[object.GetUID()], o.Books.At)
	}
	for _, s := range o.Books.Statements() {
		key := specKey{types.UID(s.UID), s.Generation}
		spec, known := o.views.specs[key]
		if !known || spec.Received != s.Received || spec.SafetyStock != s.SafetyStock || spec.Suspended != s.Suspended || spec.Priority != s.Priority {
			o.w.Errorf("the journal states %+v, and the spec was %+v (seen: %v)", s, spec, known)
		}
		if at, shown := o.firstShown(key); s.Raised && (!shown || at > s.Version) {
			o.w.Errorf("the journal sells %d of stock item %s from version %d on, and generation %d was shown at %d (ever: %v)",
				s.Sellable, s.Name, s.Version, s.Generation, at, shown)
		}
	}
}

// firstShown is when a status showed a generation first, or a later one.
func (o *Observer) firstShown(key specKey) (version uint64, shown bool) {
	for other, at := range o.views.shown {
		if other.UID == key.UID && other.Generation >= key.Generation && (!shown || at < version) {
			version, shown = at, true
		}
	}
	return version, shown
}
