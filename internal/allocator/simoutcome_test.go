package allocator_test

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// proofs is what the oracle knows of who may refuse a cart: one that held the ledger
// after it was made. Another may be refusing by what it knew long ago.
type proofs struct {
	// made is when each Reservation was made, held when each process last wrote
	// the ledger, as versions.
	made map[types.UID]uint64
	held map[string]uint64
	// writer is the process whose write of a status arrives.
	writer string
}

func newProofs() proofs {
	return proofs{made: map[types.UID]uint64{}, held: map[string]uint64{}}
}

// ledgerHeld notes who wrote the ledger, unless a person did.
func (o *oracle) ledgerHeld(l *v1.StockLedger) {
	if l != o.edits.last {
		o.proofs.held[l.Status.Holder] = versionNumber(l.ResourceVersion)
	}
}

// checkProof checks that whoever refuses a cart held the ledger since it was made.
func (o *oracle) checkProof(r *v1.Reservation) {
	p := &o.proofs
	if made, held := p.made[r.UID], p.held[p.writer]; held <= made {
		o.w.failf("%s, made at version %d, is refused by %s, which held the ledger at version %d last", r.Name, made, p.writer, held)
	}
}

// transition checks that a decision is made once and never changes, and that what
// somebody wanted in time beats the expiry.
func (o *oracle) transition(before, after *v1.Reservation) {
	from, to := before.CurrentPhase(), after.CurrentPhase()
	allowed := from == to || from == v1.PhasePending ||
		from == v1.PhaseReserved && (to == v1.PhaseReleased || to == v1.PhaseConsumed)
	if !allowed {
		o.w.failf("%s went from %s to %s", after.Name, from, to)
	}
	o.unchanged(before, after)
	o.growth(before, after)
	switch {
	case from == to:
	case to == v1.PhaseConsumed:
		o.reached.consumed++
	case to == v1.PhaseUnavailable:
		o.reached.refused++
		o.checkProof(after)
		if len(after.Status.Allocations) > 0 || len(after.Status.UnavailableItems) == 0 || after.WasReserved() {
			o.w.failf("%s is refused, but says %+v", after.Name, after.Status)
		}
	case to == v1.PhaseReleased:
		o.released(before, after)
	}
}

func (o *oracle) released(before, after *v1.Reservation) {
	o.reached.released++
	if after.Decided() != before.Decided() {
		o.w.failf("%s got an outcome by its release", after.Name)
	}
	if before.CurrentPhase() != v1.PhaseReserved {
		return
	}
	switch {
	case before.Spec.Intent == v1.IntentConsume && len(before.Spec.ReleaseItems) == 0:
		o.w.failf("%s is to be consumed and was released", after.Name)
	case before.Spec.Intent == v1.IntentHold && len(before.Spec.ReleaseItems) == 0 && o.w.now().Before(before.Status.ExpiresAt.Time):
		o.w.failf("%s ran out %v before its time", after.Name, before.Status.ExpiresAt.Sub(o.w.now()))
	}
}

// unchanged checks that an outcome stays what it was.
func (o *oracle) unchanged(before, after *v1.Reservation) {
	if !before.Decided() {
		return
	}
	x, y := outcomeOf(before), outcomeOf(after)
	if !equality.Semantic.DeepEqual(x, y) {
		o.w.failf("the outcome of %s changed from %+v to %+v", after.Name, x, y)
	}
}

func outcomeOf(r *v1.Reservation) v1.ReservationStatus {
	s := r.Status
	s.Phase, s.Reason, s.Conditions, s.Fence, s.Mark, s.FoldID = "", "", nil, "", "", 0
	s.Allocations = make([]v1.Allocation, 0, len(r.Status.Allocations))
	for _, a := range r.Status.Allocations {
		s.Allocations = append(s.Allocations, v1.Allocation{ProductID: a.ProductID, LocationID: a.LocationID, Quantity: a.Quantity})
	}
	return s
}

// growth checks that what was shipped or given back stays so, and adds up.
func (o *oracle) growth(before, after *v1.Reservation) {
	for _, a := range after.Status.Allocations {
		if a.Consumed < 0 || a.Released < 0 || a.Consumed+a.Released > a.Quantity {
			o.w.failf("%s: %+v does not add up", after.Name, a)
		}
	}
	for i, a := range before.Status.Allocations {
		b := after.Status.Allocations[i]
		if b.Consumed < a.Consumed || b.Released < a.Released {
			o.w.failf("%s takes back a shipment or a release: %+v, then %+v", after.Name, a, b)
		}
		if b.Consumed > a.Consumed && after.Status.FoldID <= before.Status.FoldID {
			o.w.failf("%s is consumed twice by fold %d", after.Name, after.Status.FoldID)
		}
	}
}
