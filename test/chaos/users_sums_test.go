package chaos

import (
	"math"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// add adds up the units held and consumed by the objects as they are. From the
// ledger's write on, a fold's units are consumed wherever the tally has not
// counted them, and not held by a Reservation that does not show them.
func (j *judge) add() {
	clear(j.used)
	var fold *v1.Fold
	inFlight := map[types.UID]bool{}
	if j.ledger != nil {
		fold = j.ledger.Status.OpenFold
		for _, hold := range j.ledger.Status.InFlight {
			if r := j.reservations[hold.UID]; r != nil && r.CurrentPhase() == v1.PhasePending && !inFlight[hold.UID] {
				inFlight[hold.UID] = true
				j.hold(hold.Allocations, 1)
			}
		}
	}
	for _, r := range j.reservations {
		if r.CurrentPhase() == v1.PhaseReserved {
			j.hold(r.Status.Allocations, 1)
		}
	}
	for _, t := range j.tallies {
		j.take(t.Status.Entries, 1)
	}
	if fold == nil {
		return
	}
	for _, u := range fold.Units {
		if t := j.tallies[v1.TallyName(u.Shard)]; t == nil || t.Status.LastFold < fold.ID {
			j.used[shelfKey{u.ProductID, u.LocationID}] += u.Quantity
		}
	}
	for _, m := range fold.Reservations {
		if r := j.reservations[m.UID]; r != nil && r.CurrentPhase() == v1.PhaseReserved && r.Status.FoldID < fold.ID {
			j.take(m.Takes, -1)
		}
	}
}

func (j *judge) hold(allocations []v1.Allocation, sign int64) {
	for _, a := range allocations {
		j.used[shelfKey{a.ProductID, a.LocationID}] += sign * a.Held()
	}
}

func (j *judge) take(takes []v1.Take, sign int64) {
	for _, t := range takes {
		j.used[shelfKey{t.ProductID, t.LocationID}] += sign * t.Quantity
	}
}

// promise checks, when a hold comes to exist, that the units are there.
func (j *judge) promise(what string, allocations []v1.Allocation) {
	for _, a := range allocations {
		key := shelfKey{a.ProductID, a.LocationID}
		j.fault.Checked(1)
		if limit := j.limit(key); j.used[key] > limit {
			j.fault.Violated("oversold: %s, %d units of %v are used and %d may be", what, j.used[key], key, limit)
		}
	}
}

// limit is how many units of a key may be used when another is promised: what is
// received less what is held back, by the generation that is shown and, where a
// later one allows less or was not seen yet, by any of those. Where the StockItem
// that served is gone, any other one that is known may serve.
func (j *judge) limit(key shelfKey) int64 {
	shown := j.shown[key]
	limit := int64(math.MinInt64)
	if spec, known := j.specs[shown.uid][shown.generation]; known {
		for generation, later := range j.specs[shown.uid] {
			if generation >= shown.generation && !later.Suspended {
				limit = max(limit, min(spec.Received, later.Received)-later.SafetyStock)
			}
		}
	}
	if j.items[shown.uid] != nil {
		return limit
	}
	for _, i := range j.items {
		if i.Spec.ProductID == key.product && i.Spec.LocationID == key.location && i.Status.ObservedGeneration > 0 && !i.Spec.Suspended {
			limit = max(limit, j.specs[i.UID][i.Status.ObservedGeneration].Received-i.Spec.SafetyStock)
		}
	}
	return limit
}
