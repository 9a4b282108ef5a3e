package chaos

import (
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// newest is the newest version of a Reservation that an observer has seen, also where it
// is gone by now. Call it under the observer's lock.
func newest(o *testbed.Observer, name string) (r *v1.Reservation, gone bool) {
	for _, r := range o.Last {
		if r.Name == name {
			return r, false
		}
	}
	for _, r := range o.Gone {
		if r.Name == name {
			return r, true
		}
	}
	return nil, false
}

// judgeRest checks that what the owner of a Reservation wanted in time was done.
func judgeRest(fault *faultreport.Fault, watched *testbed.Observer, r *v1.Reservation) {
	fault.Checked(1)
	phase, wanted := r.CurrentPhase(), r.Spec.Intent
	switch {
	case testbed.Owed(r, time.Now()):
		fault.Violated("at rest %s is %s with intent %s, expiring %v", r.Name, phase, wanted, r.Status.ExpiresAt)
	case wanted == v1.IntentConsume && r.WasReserved() && phase != v1.PhaseConsumed && !givenBack(r) && watched.InTime(r):
		fault.Violated("%s was to be consumed and is %s (%s)", r.Name, phase, r.Status.Reason)
	case wanted == v1.IntentRelease && phase == v1.PhaseReserved:
		fault.Violated("%s was to be released and is %s", r.Name, phase)
	}
	for _, a := range r.Status.Allocations {
		if shipped := min(totalOf(r.Spec.ConsumeItems, a), a.Quantity-a.Released); a.Consumed < shipped {
			fault.Violated("%s declared %d of %s shipped, and shows %+v", r.Name, shipped, a.ProductID, a)
		}
		if given := min(totalOf(r.Spec.ReleaseItems, a), a.Quantity-a.Consumed); a.Released < given {
			fault.Violated("%s declared %d of %s given back, and shows %+v", r.Name, given, a.ProductID, a)
		}
	}
}

// givenBack tells whether all of a Reservation was declared to be given back, so
// that an intent to consume the rest leaves nothing to ship.
func givenBack(r *v1.Reservation) bool {
	for _, a := range r.Status.Allocations {
		if totalOf(r.Spec.ReleaseItems, a) < a.Quantity {
			return false
		}
	}
	return true
}

// totalOf is what a running total says of an allocation.
func totalOf(items []v1.PartialItem, a v1.Allocation) int64 {
	for _, item := range items {
		if item.ProductID == a.ProductID && item.LocationID == a.LocationID {
			return item.Quantity
		}
	}
	return 0
}
