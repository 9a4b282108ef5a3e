package allocator_test

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// shelves are what the operator shows of each place, and what it may sell.
type shelves struct {
	// received are the units of each generation of each item.
	received map[types.UID]map[int64]int64
	// showing is the generation that each item showed last; an erased status
	// does not take it back.
	showing map[types.UID]int64
	shown   map[place]*shown
}

// shown is what was shown last of one place.
type shown struct {
	received int64
	// promised are the most units shown as reserved or consumed since received
	// was shown: beyond received, they are the shortfall that a cut leaves.
	promised int64
}

func newShelves() shelves {
	return shelves{
		received: map[types.UID]map[int64]int64{}, showing: map[types.UID]int64{}, shown: map[place]*shown{},
	}
}

func (s *shelves) shelf(at place) *shown {
	if s.shown[at] == nil {
		s.shown[at] = &shown{}
	}
	return s.shown[at]
}

// lookItem notes what is shown. A generation that is shown for the first time, by
// the item that serves, binds every later decision. Where an item takes the place
// of one that was deleted, decisions by either may still be on their way.
func (o *oracle) lookItem(item *v1.StockItem, deleted bool) {
	at := place{item.Spec.ProductID, item.Spec.LocationID}
	s := o.shelf(at)
	if o.w.traced {
		o.w.logf("store: %s %s generation %d received %d, deleted %t, shown %d: %d reserved %d consumed",
			item.Name, item.UID, item.Generation, item.Spec.Received, deleted, item.Status.ObservedGeneration, item.Status.Reserved, item.Status.Consumed)
	}
	if deleted {
		for _, other := range o.claimants(at) {
			s.received = max(s.received, o.received[other.UID][o.showing[other.UID]])
		}
		return
	}
	if o.received[item.UID] == nil {
		o.received[item.UID] = map[int64]int64{}
	}
	o.received[item.UID][item.Generation] = item.Spec.Received
	generation, before := item.Status.ObservedGeneration, o.showing[item.UID]
	if generation == 0 {
		return // never shown, or erased: what was shown last still binds
	}
	if generation < before {
		o.w.failf("%s shows generation %d after %d", item.Name, generation, before)
	}
	o.showing[item.UID] = generation
	if !meta.IsStatusConditionTrue(item.Status.Conditions, v1.ConditionReady) {
		if o.claimants(at)[0].UID == item.UID {
			// It is shown as a duplicate by one that has not seen the other's end.
			s.received = max(s.received, o.received[item.UID][generation])
		}
		return
	}
	if item.Status.Consumed > o.shipped.stored[at] && !o.shipped.forgot {
		o.w.failf("%s shows %d units consumed, at most %d were ever stored", item.Name, item.Status.Consumed, o.shipped.stored[at])
	}
	switch received := o.received[item.UID][generation]; {
	case generation > before && received != s.received:
		*s = shown{received: received}
	default:
		s.received = max(s.received, received)
	}
	s.promised = max(s.promised, item.Status.Reserved+item.Status.Consumed)
}

// claimants are the items of a place, the one that serves first.
func (o *oracle) claimants(at place) []*v1.StockItem {
	var claimants []*v1.StockItem
	for _, object := range o.store.objects[items] {
		if item := object.(*v1.StockItem); item.Spec.ProductID == at.product && item.Spec.LocationID == at.location {
			claimants = append(claimants, item)
		}
	}
	slices.SortFunc(claimants, func(a, b *v1.StockItem) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.UID, b.UID))
	})
	return claimants
}
