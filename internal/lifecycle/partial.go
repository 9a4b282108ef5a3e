package lifecycle

import (
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
)

// The running totals of a spec only grow, and consumeItems goes before
// releaseItems. So whatever a version of a Reservation says was shipped, no
// later version gives back, and what was given back is never shipped: the two
// can be applied by different writers without meeting.

// Takes are the units of a Reserved Reservation that were shipped and are not
// consumed yet.
func Takes(r *v1.Reservation) []v1.Take {
	var takes []v1.Take
	for _, a := range r.Status.Allocations {
		if units := consumable(r, a) - a.Consumed; units > 0 {
			takes = append(takes, v1.Take{ProductID: a.ProductID, LocationID: a.LocationID, Quantity: units})
		}
	}
	return takes
}

// consumable is the running total of an allocation that is to be consumed.
func consumable(r *v1.Reservation, a v1.Allocation) int64 {
	shipped := min(totalOf(r.Spec.ConsumeItems, a), a.Quantity-a.Released)
	if r.Spec.Intent == v1.IntentConsume {
		return a.Quantity - max(a.Released, min(totalOf(r.Spec.ReleaseItems, a), a.Quantity-shipped))
	}
	return shipped
}

// gives are the running totals of what is to be given back, by allocation,
// where there is more of it than was.
func gives(r *v1.Reservation) map[int]int64 {
	released := map[int]int64{}
	for i, a := range r.Status.Allocations {
		total := min(totalOf(r.Spec.ReleaseItems, a), a.Quantity-max(a.Consumed, consumable(r, a)))
		if total > a.Released {
			released[i] = total
		}
	}
	return released
}

func totalOf(items []v1.PartialItem, a v1.Allocation) int64 {
	for _, item := range items {
		if item.ProductID == a.ProductID && item.LocationID == a.LocationID {
			return item.Quantity
		}
	}
	return 0
}

// Consume makes a Reserved Reservation show what a fold took of it, and what the
// fold brings to the tallies in place of an earlier one that was lost. It is
// false, and changes nothing, where the Reservation shows that fold already or
// is not Reserved.
func Consume(r *v1.Reservation, foldID int64, takes, lost []v1.Take, at time.Time) bool {
	if r.CurrentPhase() != v1.PhaseReserved || r.Status.FoldID >= foldID {
		return false
	}
	r.Status.FoldID = foldID
	for i := range r.Status.Allocations {
		a := &r.Status.Allocations[i]
		units := taken(takes, *a)
		a.Consumed += units
		a.LastConsumed = units + taken(lost, *a)
	}
	finishIfEmpty(r, at)
	return true
}

func taken(takes []v1.Take, a v1.Allocation) int64 {
	for _, t := range takes {
		if t.ProductID == a.ProductID && t.LocationID == a.LocationID {
			return t.Quantity
		}
	}
	return 0
}

// Give makes a Reserved Reservation give back the units that its owner wants
// back on sale.
func Give(r *v1.Reservation, at time.Time) {
	for i, total := range gives(r) {
		r.Status.Allocations[i].Released = total
	}
	finishIfEmpty(r, at)
}

// finishIfEmpty ends a Reservation that holds nothing any more.
func finishIfEmpty(r *v1.Reservation, at time.Time) {
	for _, a := range r.Status.Allocations {
		if a.Held() > 0 {
			return
		}
	}
	if anyConsumed(r) {
		end(r, v1.PhaseConsumed, v1.ReasonConsumed, "its units were shipped", at)
		return
	}
	end(r, v1.PhaseReleased, v1.ReasonReleased, "its units were given back", at)
}

func anyConsumed(r *v1.Reservation) bool {
	for _, a := range r.Status.Allocations {
		if a.Consumed > 0 {
			return true
		}
	}
	return false
}
