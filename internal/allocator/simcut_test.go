package allocator_test

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// cuts is what the oracle knows of who has seen which specs, to tell a cart that
// came too late from one that was decided before a cut was known.
type cuts struct {
	// since is how much of the items' history each process had seen when a
	// Reservation was made.
	since map[types.UID]seenItems
	// inFlight are the holds of the stored ledger.
	inFlight []v1.InFlightHold
}

type seenItems struct {
	// by are the processes that lived. The others learn all that there was by
	// then, since they catch up later.
	by map[string]int
	// all is the length of the history.
	all int
}

func newCuts() cuts { return cuts{since: map[types.UID]seenItems{}} }

// made notes who has seen what when a Reservation is made.
func (o *oracle) made(r *v1.Reservation) {
	seen := seenItems{by: map[string]int{}, all: len(o.store.history[items])}
	for _, p := range o.w.processes {
		seen.by[p.name] = p.watches[items].next
	}
	o.cuts.since[r.UID] = seen
}

// checkCuts checks the holds that a ledger has for the first time: a cart gets
// nothing beyond a cut that its decider had seen before the cart was made.
func (o *oracle) checkCuts(l *v1.StockLedger) {
	before := o.cuts.inFlight
	o.cuts.inFlight = l.Status.InFlight
	var promised map[place]int64
	for _, hold := range l.Status.InFlight {
		if slices.ContainsFunc(before, func(b v1.InFlightHold) bool { return b.UID == hold.UID && b.ReservedAt.Equal(&hold.ReservedAt) }) {
			continue
		}
		if promised == nil {
			promised = o.promised(l)
		}
		for _, a := range hold.Allocations {
			at := place{a.ProductID, a.LocationID}
			if limit := o.limit(at, hold.UID, l.Status.Holder); promised[at] > limit {
				o.w.failf("%s, made after a cut of %v was known, is journaled by %s: %d are promised, at most %d may be",
					hold.Name, at, l.Status.Holder, promised[at], limit)
			}
		}
	}
}

// promised are the units of each place that are gone, or held by a Reservation, or
// journaled for one that is still Pending.
func (o *oracle) promised(l *v1.StockLedger) map[place]int64 {
	promised := map[place]int64{}
	for at, used := range o.used {
		promised[at] = used
	}
	for _, hold := range l.Status.InFlight {
		r := o.store.reservation(hold.Name)
		if r == nil || r.UID != hold.UID || r.CurrentPhase() != v1.PhasePending {
			continue
		}
		for _, a := range hold.Allocations {
			promised[place{a.ProductID, a.LocationID}] += a.Quantity
		}
	}
	return promised
}

// limit is the most that was ever received at a place by any spec that a process can
// have gone by when it decided a Reservation.
func (o *oracle) limit(at place, uid types.UID, decider string) int64 {
	seen := o.cuts.since[uid]
	from, lived := seen.by[decider]
	if !lived {
		from = seen.all
	}
	known := map[types.UID]int64{}
	var limit int64
	for i, c := range o.store.history[items] {
		item := c.object.(*v1.StockItem)
		switch {
		case item.Spec.ProductID != at.product || item.Spec.LocationID != at.location:
		case i >= from: // its end, too, may be news to the decider
			limit = max(limit, item.Spec.Received)
		case c.deleted:
			delete(known, item.UID)
		default:
			known[item.UID] = item.Spec.Received
		}
	}
	for _, received := range known {
		limit = max(limit, received)
	}
	return limit
}
