package allocator_test

import (
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// settle ends faults and users, leaves one process leading, and waits until
// nothing can be left to do but holds that run out much later.
func (w *world) settle() (leader *process) {
	if w.failure != "" {
		return nil
	}
	w.logf("from here on it is calm")
	w.calm = true
	leader = w.processes[w.rng.IntN(len(w.processes))]
	for _, p := range w.processes {
		if p != leader {
			p.depose()
		}
	}
	leader.elect()
	if leader.missed {
		leader.allocator.Relearn(simNamespace) // an audit finds it out
	}
	w.run(w.elapsed + 45*time.Second)
	// Whatever goes on now would go on for ever.
	writes := w.store.version
	w.run(w.elapsed + 35*time.Second)
	if w.store.version != writes {
		w.failf("%d writes long after everything was calm", w.store.version-writes)
	}
	return leader
}

// checkSettled compares what is stored with what it should be, computed from
// the Reservations and the specs alone.
func (w *world) checkSettled(leader *process) {
	if w.failure != "" {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(w.store.objects[reservations])) {
		r := w.store.reservation(name)
		switch {
		case r.CurrentPhase() == v1.PhasePending:
			w.failf("%s is still Pending", name)
		case r.CurrentPhase() != v1.PhaseReserved:
			w.failf("%s is still there long after it was complete", name)
		case r.Spec.Intent != v1.IntentHold, r.Status.ExpiresAt.Time.Before(w.now().Add(-time.Second)):
			w.failf("%s is still Reserved", name)
		}
	}
	o := w.store.oracle
	o.checkDelivered()
	held, counted := o.held(), o.checkShipped(leader)
	places := maps.Clone(held)
	maps.Copy(places, counted)
	for _, object := range w.store.objects[items] {
		item := object.(*v1.StockItem)
		places[place{item.Spec.ProductID, item.Spec.LocationID}] = 0
	}
	var want v1.LedgerTotals
	for _, at := range slices.SortedFunc(maps.Keys(places), comparePlaces) {
		w.checkPlace(at, held[at], counted[at], &want)
	}
	w.checkLedger(want)
}

// checkPlace checks what the items of one place show, and adds it up.
func (w *world) checkPlace(at place, held, counted int64, total *v1.LedgerTotals) {
	total.Reserved += held
	total.Consumed += counted
	claimants := w.store.oracle.claimants(at)
	if len(claimants) == 0 {
		total.WithoutItem += held
	}
	for i, item := range claimants {
		status := v1.StockItemStatus{ObservedGeneration: item.Generation}
		if i == 0 {
			status.OnHand, status.Consumed, status.Reserved = item.Spec.Received-counted, counted, held
			status.Available = max(0, status.OnHand-held-item.Spec.SafetyStock)
			status.Shortfall = max(0, held-status.OnHand)
			if item.Spec.Suspended {
				status.Available = 0
			}
			total.Items++
			total.OnHand += status.OnHand
			total.Available += status.Available
		}
		got := item.Status
		if serves := meta.IsStatusConditionTrue(got.Conditions, v1.ConditionReady); serves != (i == 0) {
			w.failf("%s is number %d of its place, and says that it serves: %t", item.Name, i, serves)
		}
		got.Conditions, got.Mark = nil, "" // a mark says nothing about the item
		if diff := cmp.Diff(status, got); diff != "" {
			w.failf("status of %s (-want +got):\n%s", item.Name, diff)
		}
	}
}

func (w *world) checkLedger(want v1.LedgerTotals) {
	l := w.store.ledger()
	if l == nil {
		w.failf("there is no ledger")
		return
	}
	s := l.Status
	if diff := cmp.Diff(want, s.Totals); diff != "" {
		w.failf("totals (-want +got):\n%s", diff)
	}
	if len(s.InFlight) > 0 || s.OpenFold != nil || !s.Recovered {
		w.failf("%d holds in flight, open fold %v, recovered %t", len(s.InFlight), s.OpenFold, s.Recovered)
	}
	for _, p := range w.processes {
		got := p.allocator.Standing(simNamespace)
		if p.leading && (!got.Leading || got.Callers > 0 || got.Waiting > 0) {
			w.failf("%s: leading %t, %d callers wait for %d decisions", p.name, got.Leading, got.Callers, got.Waiting)
		}
		if !p.leading && (w.store.oracle.shipped.forgot || p.missed) {
			continue // it knows what was forgotten, or not what has ended
		}
		if diff := cmp.Diff(ledger.Totals{
			Items: want.Items, OnHand: want.OnHand, Reserved: want.Reserved, Available: want.Available,
			Consumed: want.Consumed, WithoutItem: want.WithoutItem,
		}, got.Totals); diff != "" {
			w.failf("what %s knows (-want +got):\n%s", p.name, diff)
		}
	}
}

// close ends every goroutine of the simulation.
func (w *world) close() {
	for _, p := range w.processes {
		p.crash()
	}
	w.admit()
}
