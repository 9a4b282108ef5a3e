package allocator

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// TestSimulation plays operators that compete, crash, lag and lose answers
// against users who change everything, and checks the invariants at every
// version that the store ever holds. SEED replays one seed, SEEDS sets how many
// are played.
func TestSimulation(t *testing.T) {
	if seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		w := newWorld(seed)
		w.traced = true
		play(t, w)
		return
	}
	seeds := 300
	if testing.Short() {
		seeds = 50
	}
	if n, err := strconv.Atoi(os.Getenv("SEEDS")); err == nil {
		seeds = n
	}
	var reserved, refused, released, consumed, rebuilt, takeOvers int
	for seed := range seeds {
		w := newWorld(uint64(seed + 1))
		play(t, w)
		o := w.store.oracle
		reserved, refused, released, rebuilt = reserved+o.reserved, refused+o.refused, released+o.released, rebuilt+o.rebuilt
		consumed += o.consumed
		for _, epoch := range o.epochs {
			takeOvers += int(epoch)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d seeds: %d reserved, %d refused, %d released, %d consumed, %d take-overs, %d ledgers lost",
		seeds, reserved, refused, released, consumed, takeOvers, rebuilt)
	// A simulation that reaches nothing proves nothing.
	for what, count := range map[string]int{
		"reserved": reserved, "refused": refused, "released": released, "consumed": consumed, "take-overs": takeOvers, "ledgers lost": rebuilt,
	} {
		if count < seeds/10 {
			t.Errorf("only %d %s in %d seeds", count, what, seeds)
		}
	}
}

func play(t *testing.T, w *world) {
	t.Helper()
	defer w.close()
	s := w.draw()
	w.open(s)
	w.run(w.now.Add(s.span))
	w.settle()
	w.checkSettled()
	if w.failure != "" {
		t.Error(w.report())
	}
}

// settle ends faults and users, leaves one process leading, and waits until
// nothing can be left to do but holds that run out much later.
func (w *world) settle() {
	if w.failure != "" {
		return
	}
	w.logf("from here on it is calm")
	w.calm = true
	leader := w.processes[w.rng.IntN(len(w.processes))]
	for _, p := range w.processes {
		if p != leader && p.leads() {
			p.depose()
		}
	}
	if !leader.leads() {
		leader.elect()
	}
	w.run(w.now.Add(30 * time.Second))
	// Whatever goes on now would go on for ever.
	writes := w.store.version
	w.run(w.now.Add(4 * time.Second))
	for _, c := range w.store.history[min(len(w.store.history), int(writes)):] {
		if _, ok := c.object.(*v1.Reservation); !ok {
			continue
		}
		return // retention still deletes
	}
	if w.store.version != writes {
		w.failf("%d writes long after everything was calm", w.store.version-writes)
	}
}

// checkSettled compares what is stored with what it should be, computed from
// the Reservations and the specs alone.
func (w *world) checkSettled() {
	if w.failure != "" {
		return
	}
	held := map[ledger.Key]int64{}
	for _, name := range sortedKeys(w.store.reservations) {
		r := w.store.reservations[name]
		switch {
		case r.CurrentPhase() == v1.PhasePending:
			w.failf("%s is still Pending", name)
		case r.CurrentPhase() != v1.PhaseReserved:
		case r.Spec.Intent != v1.IntentHold, r.Status.ExpiresAt.Time.Before(w.now.Add(-time.Second)):
			w.failf("%s is still Reserved", name)
		default:
			for _, a := range r.Status.Allocations {
				held[ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}] += a.Held()
			}
		}
	}
	var want v1.LedgerTotals
	counted := w.store.oracle.checkShipped()
	for _, name := range sortedKeys(w.store.items) {
		item := w.store.items[name]
		key := ledger.Key{ProductID: item.Spec.ProductID, LocationID: item.Spec.LocationID}
		reserved, onHand := held[key], item.Spec.Received-counted[key]
		status := v1.StockItemStatus{
			ObservedGeneration: item.Generation,
			OnHand:             onHand,
			Consumed:           counted[key],
			Reserved:           reserved,
			Available:          max(0, onHand-reserved-item.Spec.SafetyStock),
			Shortfall:          max(0, reserved-onHand),
		}
		if item.Spec.Suspended {
			status.Available = 0
		}
		if diff := cmp.Diff(status, item.Status); diff != "" {
			w.failf("status of %s (-want +got):\n%s", name, diff)
		}
		want.Items++
		want.OnHand += status.OnHand
		want.Reserved += status.Reserved
		want.Consumed += status.Consumed
		want.Available += status.Available
	}
	w.checkLedger(want)
}

func (w *world) checkLedger(want v1.LedgerTotals) {
	if w.store.ledger == nil {
		w.failf("there is no ledger")
		return
	}
	s := w.store.ledger.Status
	if diff := cmp.Diff(want, s.Totals); diff != "" {
		w.failf("totals (-want +got):\n%s", diff)
	}
	if len(s.InFlight) > 0 || s.OpenFold != nil || !s.Recovered {
		w.failf("%d holds in flight, open fold %v, recovered %t", len(s.InFlight), s.OpenFold, s.Recovered)
	}
	for _, p := range w.processes {
		if p.leads() && (!p.state.Leading() || len(p.callers) > 0 || p.state.Waiting() > 0) {
			w.failf("%s: leading %t, %d callers wait for %d decisions",
				p.name, p.state.Leading(), len(p.callers), p.state.Waiting())
		}
		got := p.state.Stock().Totals()
		if diff := cmp.Diff(ledger.Totals{
			Items: want.Items, OnHand: want.OnHand, Reserved: want.Reserved, Available: want.Available,
			Consumed: want.Consumed,
		}, got); diff != "" {
			w.failf("what %s knows (-want +got):\n%s", p.name, diff)
		}
	}
}

func (w *world) close() {
	for _, p := range w.processes {
		if p.leads() {
			p.lead.kill()
		}
		p.life.kill()
	}
}
