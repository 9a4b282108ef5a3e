package allocator

import (
	v1 "github.com/acme/inventory-service/api/v1"
)

// open is the open fold of the stored ledger, nil for none.
func (w *modelWorld) open() *v1.Fold {
	if l := w.store.get(kindLedger, 0); l != nil {
		return l.ledger.Status.OpenFold
	}
	return nil
}

// noteGhosts remembers what the open fold takes of Reservations that are gone.
func (o *modelOracle) noteGhosts(w *modelWorld) {
	open := w.open()
	if open == nil {
		return
	}
	for _, m := range open.Reservations {
		cart := cartOf(m.UID)
		if last := o.last[cart]; last.deleted && last.rsv.Status.FoldID < open.ID {
			o.ghosts[cart] = takenUnits(m.Takes)
		}
	}
}

// shipped are the units that left stock: those that Reservations show, and
// those that the open fold takes of Reservations that do not show it yet.
func (o *modelOracle) shipped(w *modelWorld) int64 {
	var units int64
	for cart, last := range o.last {
		if last == nil {
			continue
		}
		units += o.ghosts[cart]
		for _, a := range last.rsv.Status.Allocations {
			units += a.Consumed
		}
	}
	return units + o.unshown(w)
}

// unshown are the units that the open fold takes of Reservations that exist and
// do not show it yet.
func (o *modelOracle) unshown(w *modelWorld) int64 {
	open := w.open()
	if open == nil {
		return 0
	}
	var units int64
	for _, m := range open.Reservations {
		if last := o.last[cartOf(m.UID)]; !last.deleted && last.rsv.Status.FoldID < open.ID {
			units += takenUnits(m.Takes)
		}
	}
	return units
}

// checkShipped is: what was shipped is counted exactly once, in the tally or in
// the open fold, at all times but while a lost ledger is rebuilt.
func (o *modelOracle) checkShipped(w *modelWorld) {
	l := w.store.get(kindLedger, 0)
	if l == nil || !l.ledger.Status.Recovered {
		return
	}
	var counted, tallied int64
	if o.tally != nil {
		counted, tallied = entryUnits(&o.tally.tally.Status), o.tally.tally.Status.LastFold
	}
	if open := l.ledger.Status.OpenFold; open != nil && open.ID > tallied {
		for _, u := range open.Units {
			counted += u.Quantity
		}
	}
	if shipped := o.shipped(w); counted != shipped {
		w.failf("%d units are counted as shipped, %d were", counted, shipped)
	}
}

func unitsOf(allocations []v1.Allocation) (units int64) {
	for _, a := range allocations {
		units += a.Quantity
	}
	return units
}

func takenUnits(takes []v1.Take) (units int64) {
	for _, t := range takes {
		units += t.Quantity
	}
	return units
}

func entryUnits(s *v1.StockTallyStatus) int64 { return takenUnits(s.Entries) }
