package allocator

import (
	v1 "github.com/acme/inventory-service/api/v1"
)

// modelOracle checks the invariants at every version that the store holds. It
// knows nothing of the allocator, and remembers what the stored objects do not.
type modelOracle struct {
	// last is each Reservation as it was last, also after its deletion.
	last [modelCarts]*modelObject
	// journaled are the units of the hold that any ledger had for a Reservation.
	journaled [modelCarts]int64
	// ghosts are the units that a fold took of a Reservation that was deleted
	// before it showed them.
	ghosts [modelCarts]int64
	// epoch, holder and token are those of the stored ledger.
	epoch  int64
	holder string
	// ledgerUID is that ledger's; fold is the highest that it named.
	ledgerUID string
	fold      int64
	tally     *modelObject
	// received is what the StockItem showed, promised the most that it showed
	// as reserved or consumed at that time.
	received, promised, generation int64
	// specs are the units received by each generation.
	specs [4]int64
	// checks counts; decided are the Reservations that got an outcome.
	checks int64
}

// modelChecks is how many invariants look checks at each version.
const modelChecks = 9

func (o *modelOracle) look(w *modelWorld, before, after *modelObject) {
	o.checks += modelChecks
	switch after.kind {
	case kindLedger:
		o.lookLedger(w, after)
	case kindTally:
		o.lookTally(w, after)
	case kindItem:
		o.lookItem(w, after)
	case kindCart:
		o.lookCart(w, before, after)
	}
	o.noteGhosts(w)
	o.checkSold(w)
	o.checkShipped(w)
}

// lookLedger checks that one epoch holder at a time writes the ledger, and that
// no fold's number comes again.
func (o *modelOracle) lookLedger(w *modelWorld, after *modelObject) {
	s := &after.ledger.Status
	if after.deleted || string(after.ledger.UID) != o.ledgerUID {
		o.epoch, o.holder, o.fold = 0, "", 0
		if o.ledgerUID = string(after.ledger.UID); after.deleted {
			return
		}
	}
	switch {
	case s.Epoch < o.epoch:
		w.failf("the epoch fell from %d to %d", o.epoch, s.Epoch)
	case s.Epoch == o.epoch && s.Holder != o.holder:
		w.failf("two hold epoch %d: %s and %s", s.Epoch, o.holder, s.Holder)
	}
	o.epoch, o.holder = s.Epoch, s.Holder
	for _, hold := range s.InFlight {
		o.journaled[cartOf(hold.UID)] = unitsOf(hold.Allocations)
	}
	o.lookFold(w, s)
}

func (o *modelOracle) lookFold(w *modelWorld, s *v1.StockLedgerStatus) {
	if s.OpenFold == nil || s.OpenFold.ID == o.fold {
		return
	}
	used := o.fold
	if o.tally != nil {
		used = max(used, o.tally.tally.Status.LastFold)
	}
	for _, r := range o.last {
		if r != nil {
			used = max(used, r.rsv.Status.FoldID)
		}
	}
	if s.OpenFold.ID <= used {
		w.failf("fold %d is opened after fold %d", s.OpenFold.ID, used)
	}
	o.fold = s.OpenFold.ID
}

func (o *modelOracle) lookTally(w *modelWorld, after *modelObject) {
	if o.tally != nil {
		before, s := &o.tally.tally.Status, &after.tally.Status
		grown := entryUnits(s) - entryUnits(before)
		if s.LastFold < before.LastFold || grown < 0 || grown > 0 && s.LastFold == before.LastFold {
			w.failf("the tally went from %d units and fold %d to %d and %d",
				entryUnits(before), before.LastFold, entryUnits(s), s.LastFold)
		}
	}
	o.tally = after
}

func (o *modelOracle) lookItem(w *modelWorld, after *modelObject) {
	item := after.item
	o.specs[item.Generation] = item.Spec.Received
	shown := item.Status.ObservedGeneration
	if shown < o.generation {
		w.failf("the item shows generation %d after %d", shown, o.generation)
	}
	if shown != o.generation {
		o.generation, o.received, o.promised = shown, o.specs[shown], 0
	}
	o.promised = max(o.promised, item.Status.Reserved+item.Status.Consumed)
}

// lookCart checks that an outcome is decided once, was journaled and is whole,
// and that what was shipped or given back stays so.
func (o *modelOracle) lookCart(w *modelWorld, before, after *modelObject) {
	r := after.rsv
	o.last[after.cart] = after
	if before == nil {
		return
	}
	from, to := before.rsv.CurrentPhase(), r.CurrentPhase()
	ends := from == v1.PhaseReserved && (to == v1.PhaseReleased || to == v1.PhaseConsumed)
	if from != to && from != v1.PhasePending && !ends {
		w.failf("%s went from %s to %s", r.Name, from, to)
	}
	if b := before.rsv; b.Decided() && (!b.Status.DecidedAt.Equal(r.Status.DecidedAt) ||
		!b.Status.ReservedAt.Equal(r.Status.ReservedAt) || len(b.Status.UnavailableItems) != len(r.Status.UnavailableItems)) {
		w.failf("the outcome of %s changed", r.Name)
	}
	for i, a := range before.rsv.Status.Allocations {
		b := r.Status.Allocations[i]
		if b.Quantity != a.Quantity || b.Consumed < a.Consumed || b.Released < a.Released || b.Held() < 0 ||
			b.Consumed > a.Consumed && r.Status.FoldID <= before.rsv.Status.FoldID {
			w.failf("%s went from %+v to %+v in fold %d", r.Name, a, b, r.Status.FoldID)
		}
	}
	if to == v1.PhaseReserved && from == v1.PhasePending {
		if units := unitsOf(r.Status.Allocations); units != r.Spec.Items[0].Quantity || units != o.journaled[after.cart] {
			w.failf("%s became Reserved with %d units, journaled are %d", r.Name, units, o.journaled[after.cart])
		}
	}
	if to == v1.PhaseUnavailable && from == v1.PhasePending && len(r.Status.UnavailableItems) == 0 {
		w.failf("%s is refused for nothing", r.Name)
	}
	if to == v1.PhaseReleased && r.Decided() != before.rsv.Decided() {
		w.failf("%s got an outcome by its release", r.Name)
	}
}

// checkSold is: nothing is oversold. Promised are the units that Reserved
// Reservations hold, and those in flight to a Pending one.
func (o *modelOracle) checkSold(w *modelWorld) {
	units := o.shipped(w) - o.unshown(w)
	for _, r := range w.store.all(kindCart) {
		if r.rsv.CurrentPhase() == v1.PhaseReserved {
			for _, a := range r.rsv.Status.Allocations {
				units += a.Held()
			}
		}
	}
	if l := w.store.get(kindLedger, 0); l != nil && l.ledger.Status.Recovered {
		for _, hold := range l.ledger.Status.InFlight {
			r := w.store.get(kindCart, cartOf(hold.UID))
			if r != nil && r.rsv.CurrentPhase() == v1.PhasePending && r.rsv.Spec.Intent == v1.IntentHold {
				units += unitsOf(hold.Allocations)
			}
		}
	}
	if units > max(o.received, o.promised) {
		w.failf("oversold: %d units are held or shipped, %d received and at most %d promised are shown",
			units, o.received, o.promised)
	}
}

// print encodes what the oracle remembers and the store does not say.
func (o *modelOracle) print(e *printer) {
	for cart, last := range o.last {
		if last != nil && last.deleted {
			e.add(last.print)
		}
		e.num(o.journaled[cart])
		e.num(o.ghosts[cart])
	}
	e.num(o.epoch)
	e.str(o.holder)
	e.num(o.fold)
	e.num(o.received)
	e.num(o.promised)
}
