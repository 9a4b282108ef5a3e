package allocator

import (
	v1 "github.com/acme/inventory-service/api/v1"
)

// calmSteps is more than any system that comes to rest takes.
const calmSteps = 600

// settle lets everything happen that happens without faults, until nothing is
// left: time passes only when nothing else can happen.
func (w *modelWorld) settle() {
	var list []action
	for range calmSteps {
		list = w.enabled(list[:0])
		if len(list) == 0 || w.failure != "" {
			return
		}
		w.happen(list[0])
		w.eager()
	}
	w.failf("the system does not come to rest")
}

// converge ends the faults in a state and checks that the system comes to rest
// where it should. One process is left leading, and writes that were given up
// land first, or never do: choice says which.
func (w *modelWorld) converge(choice int) *modelWorld {
	n := w.clone()
	n.calm = true
	leader := choice & 1
	if !n.procs[leader].elected && n.procs[1-leader].elected && choice&4 == 0 {
		leader = 1 - leader
	}
	if n.procs[1-leader].elected {
		n.depose(n.own(1 - leader))
	}
	if choice&2 != 0 {
		n.orphans = nil
	}
	if !n.procs[leader].elected {
		n.elect(n.own(leader))
	}
	n.settle()
	if n.failure == "" {
		n.checkSettled(n.procs[leader])
	}
	return n
}

// checkSettled compares what is stored, and what the leader knows, with what
// the Reservations and the spec say.
func (w *modelWorld) checkSettled(leader *modelProcess) {
	var held int64
	for _, o := range w.store.all(kindCart) {
		if o.rsv.CurrentPhase() == v1.PhasePending || leader.due(o.rsv) {
			w.failf("at rest, %s is %s", o.rsv.Name, o.rsv.CurrentPhase())
		}
		if o.rsv.CurrentPhase() == v1.PhaseReserved {
			for _, a := range o.rsv.Status.Allocations {
				held += a.Held()
			}
		}
	}
	l := w.store.get(kindLedger, 0)
	if l == nil || !leader.state.Leading() {
		w.failf("at rest, nobody holds the ledger")
		return
	}
	s := &l.ledger.Status
	if len(s.InFlight) > 0 || s.OpenFold != nil || !s.Recovered || leader.state.Busy() {
		w.failf("at rest, %d holds are in flight, open fold %v, recovered %t, busy %t",
			len(s.InFlight), s.OpenFold, s.Recovered, leader.state.Busy())
	}
	var tallied int64
	if t := w.store.get(kindTally, 0); t != nil {
		tallied = entryUnits(&t.tally.Status)
	}
	if shipped := w.oracle.shipped(w); tallied != shipped {
		w.failf("at rest, %d units are tallied, %d were shipped", tallied, shipped)
	}
	item := w.store.get(kindItem, 0).item
	onHand := item.Spec.Received - tallied
	available := max(0, onHand-held)
	want := v1.LedgerTotals{Items: 1, OnHand: onHand, Reserved: held, Available: available, Consumed: tallied}
	if s.Totals != want {
		w.failf("at rest, the ledger's totals are %+v, want %+v", s.Totals, want)
	}
	got := leader.state.Stock().Totals()
	if got.Reserved != held || got.Available != available || got.Consumed != tallied {
		w.failf("at rest, the leader knows %+v, want %+v", got, want)
	}
	if show := &item.Status; w.cfg.items && (show.ObservedGeneration != item.Generation ||
		show.Reserved != held || show.Available != available || show.Consumed != tallied) {
		w.failf("at rest, the item shows %+v, want %+v", *show, want)
	}
}
