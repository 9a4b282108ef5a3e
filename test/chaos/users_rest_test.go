package chaos

import (
	"maps"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// owed tells whether an operator still has something to do for a Reservation.
func owed(r *v1.Reservation, now time.Time) bool {
	switch r.CurrentPhase() {
	case v1.PhasePending:
		return true
	case v1.PhaseReserved:
		expired := r.Status.ExpiresAt != nil && r.Status.ExpiresAt.Time.Before(now)
		return r.Spec.Intent != v1.IntentHold || expired
	default:
		return false
	}
}

// unfinished tells whether an operator still has something to do for an object: every
// StockItem has to show its newest spec.
func unfinished(object client.Object, now time.Time) bool {
	switch o := object.(type) {
	case *v1.Reservation:
		return owed(o, now)
	case *v1.StockItem:
		return o.Status.ObservedGeneration != o.Generation
	default:
		return false
	}
}

// awaitRest waits until nothing is left to do and nothing changes any more. Silence
// alone proves nothing: of two operators that took the ledger from each other, the one
// that is left may wait for seconds before it comes back.
func awaitRest(w *testbed.World, h *history) {
	w.Helper()
	h.await("an end of what is to be done", func() bool {
		newest := map[types.UID]client.Object{}
		for _, r := range h.revisions {
			newest[r.object.GetUID()] = r.object
		}
		for uid, object := range newest {
			if _, live := h.live[uid]; live && unfinished(object, time.Now()) {
				return false
			}
		}
		return true
	})
	w.AwaitLedger(func(l *v1.StockLedger) bool {
		s := &l.Status
		return s.Recovered && testbed.LedgerReady(s) && len(s.InFlight) == 0 && s.OpenFold == nil && s.Totals.Backlog == 0
	})
	h.rest(1500 * time.Millisecond)
}

// atRest judges what is left when nothing moves any more.
func (j *judge) atRest() {
	j.add()
	consumed := map[shelfKey]int64{}
	for _, t := range j.tallies {
		for _, e := range t.Status.Entries {
			consumed[shelfKey{e.ProductID, e.LocationID}] += e.Quantity
		}
	}
	held := maps.Clone(j.used)
	for key, units := range consumed {
		held[key] -= units
	}
	for _, i := range j.items {
		j.itemAtRest(i, held, consumed)
	}
	for _, r := range j.reservations {
		j.reservationAtRest(r)
	}
	if !j.unjournaled {
		j.shippedAtRest(consumed)
	}
	var reserved, shipped int64
	for key := range held {
		reserved += held[key]
	}
	for key := range consumed {
		shipped += consumed[key]
	}
	if s := j.ledger.Status.Totals; s.Reserved != reserved || s.Consumed != shipped {
		j.fault.Violated("the totals are %+v, and %d units are held, %d consumed", s, reserved, shipped)
	}
}

func (j *judge) itemAtRest(i *v1.StockItem, held, consumed map[shelfKey]int64) {
	j.fault.Checked(1)
	for _, other := range j.items {
		older := other.CreationTimestamp.Before(&i.CreationTimestamp) ||
			other.CreationTimestamp.Equal(&i.CreationTimestamp) && other.UID < i.UID
		if older && other.Spec.ProductID == i.Spec.ProductID && other.Spec.LocationID == i.Spec.LocationID {
			if serves(i) || i.Status.Available != 0 {
				j.fault.Violated("%s is a duplicate of %s and shows %+v", i.Name, other.Name, i.Status)
			}
			return
		}
	}
	key := shelfKey{i.Spec.ProductID, i.Spec.LocationID}
	onHand := i.Spec.Received - consumed[key]
	available := max(0, onHand-held[key]-i.Spec.SafetyStock)
	if i.Spec.Suspended {
		available = 0
	}
	s := i.Status
	if s.ObservedGeneration != i.Generation || s.OnHand != onHand || s.Consumed != consumed[key] ||
		s.Reserved != held[key] || s.Available != available || s.Shortfall != max(0, held[key]-onHand) {
		j.fault.Violated("at rest %s shows %+v of generation %d, %+v; %d units are held and %d consumed", i.Name, s, i.Generation, i.Spec, held[key], consumed[key])
	}
}

// reservationAtRest checks that what its owner wanted in time was done.
func (j *judge) reservationAtRest(r *v1.Reservation) {
	j.fault.Checked(1)
	phase, wanted := r.CurrentPhase(), r.Spec.Intent
	switch {
	case owed(r, time.Now()):
		j.fault.Violated("at rest %s is %s with intent %s, expiring %v", r.Name, phase, wanted, r.Status.ExpiresAt)
	case wanted == v1.IntentConsume && r.WasReserved() && phase != v1.PhaseConsumed && !givenBack(r):
		j.fault.Violated("%s was to be consumed and is %s (%s)", r.Name, phase, r.Status.Reason)
	case wanted == v1.IntentRelease && phase == v1.PhaseReserved:
		j.fault.Violated("%s was to be released and is %s", r.Name, phase)
	}
	for _, a := range r.Status.Allocations {
		if shipped := min(totalOf(r.Spec.ConsumeItems, a), a.Quantity-a.Released); a.Consumed < shipped {
			j.fault.Violated("%s declared %d of %s shipped, and shows %+v", r.Name, shipped, a.ProductID, a)
		}
		if given := min(totalOf(r.Spec.ReleaseItems, a), a.Quantity-a.Consumed); a.Released < given {
			j.fault.Violated("%s declared %d of %s given back, and shows %+v", r.Name, given, a.ProductID, a)
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

// shippedAtRest checks that the tallies count what the folds took, once.
func (j *judge) shippedAtRest(consumed map[shelfKey]int64) {
	taken := map[shelfKey]int64{}
	for uid, folds := range j.shipped {
		of := map[shelfKey]int64{}
		for _, takes := range folds {
			for _, t := range takes {
				taken[shelfKey{t.ProductID, t.LocationID}] += t.Quantity
				of[shelfKey{t.ProductID, t.LocationID}] += t.Quantity
			}
		}
		if r := j.reservations[uid]; r != nil {
			for _, a := range r.Status.Allocations {
				if units := of[shelfKey{a.ProductID, a.LocationID}]; units != a.Consumed {
					j.fault.Violated("folds took %d of %s from %s, which shows %+v", units, a.ProductID, r.Name, a)
				}
			}
		}
	}
	if !maps.Equal(taken, consumed) {
		j.fault.Violated("folds took %v, and the tallies count %v", taken, consumed)
	}
}

// delivered checks that the sink got the outcome of every Reservation that was not
// withdrawn, and nothing that never was an outcome.
func (j *judge) delivered(s *testbed.Sink) {
	known := map[string]string{}
	for uid, r := range j.final {
		event, ok := events.Outcome(r)
		if !ok {
			continue
		}
		known[event.ID()] = string(event.Data())
		if j.reservations[uid] != nil {
			s.Await("the outcome "+event.ID(), func() bool { return s.Counts[event.ID()] > 0 })
		}
	}
	s.Await("nothing", func() bool {
		for id, content := range s.Events {
			if payload, ok := known[id]; !ok || !strings.HasSuffix(content, payload) {
				j.fault.Violated("the sink got what is no outcome: %s, want %q", content, payload)
			}
		}
		return true
	})
	j.fault.Checked(len(known))
}
