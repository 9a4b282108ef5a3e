package controllers

import (
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// The running totals of a spec only grow, and consumeItems goes before releaseItems. So
// whatever a version of a Reservation says was shipped, no later version gives back, and what
// was given back is never shipped.

// want returns one thing that the spec of an object asks for beyond what the journal says of
// its reservation; nil where that is nothing.
type want func(object *v1.Reservation, r *stock.Reservation, ids v1.IDs) stock.Request

// allWants are all of them, in the order in which they are passed on. Where one cannot be
// carried out, the next ones are.
var allWants = []want{wantsSettled, wantsLonger, wantsOrder}

// wanted is the first of them, nil where a spec asks for nothing.
func wanted(object *v1.Reservation, r *stock.Reservation, ids v1.IDs) stock.Request {
	for _, want := range allWants {
		if request := want(object, r, ids); request != nil {
			return request
		}
	}
	return nil
}

// wantsSettled is what is to be shipped or given back. What was shipped comes first: nothing
// may take back the units of a shipment that was declared, though it may have to wait.
func wantsSettled(object *v1.Reservation, r *stock.Reservation, _ v1.IDs) stock.Request {
	if r.Phase.Ended() {
		return nil
	}
	if parts := shipments(object, r); len(parts) > 0 {
		return stock.Consume{Reservation: r.ID, Parts: parts}
	}
	if object.Spec.Intent == v1.IntentRelease {
		return stock.Release{Reservation: r.ID, Reason: string(object.Spec.ReleaseReason)}
	}
	if parts := rising(object.Spec.ReleaseItems, r, released, releasable); len(parts) > 0 {
		return stock.Release{Reservation: r.ID, Parts: parts}
	}
	return nil
}

// wantsLonger is until when the units are to be held at least.
func wantsLonger(object *v1.Reservation, r *stock.Reservation, _ v1.IDs) stock.Request {
	if until := heldUntil(object); !r.Phase.Ended() && until > r.Expires && r.Expires != 0 {
		return stock.Extend{Reservation: r.ID, Expires: until}
	}
	return nil
}

// wantsOrder is the order that the cart became.
func wantsOrder(object *v1.Reservation, r *stock.Reservation, ids v1.IDs) stock.Request {
	if order := object.Spec.OrderID; order != "" && r.CurrentOrder() == "" && ids.Wrong(order) == "" {
		return stock.Attach{Reservation: r.ID, Order: idOf(order)}
	}
	return nil
}

// heldUntil is until when a spec wants the units held at least, 0 where it does not say.
func heldUntil(object *v1.Reservation) stock.Time {
	if object.Spec.HoldUntil == nil {
		return 0
	}
	return stock.Time(object.Spec.HoldUntil.UnixMicro())
}

// figure is a number of units of an allocation.
type figure func(a stock.Allocation) int64

func reserved(a stock.Allocation) int64    { return a.Quantity }
func consumed(a stock.Allocation) int64    { return a.Consumed }
func released(a stock.Allocation) int64    { return a.Released }
func notReleased(a stock.Allocation) int64 { return a.Quantity - a.Released }
func notShipped(a stock.Allocation) int64  { return a.Quantity - a.Consumed }

// shipments are the running totals of what was shipped, where there is more of it than the
// journal knows. What the lines say comes first: they may take units from other places.
func shipments(object *v1.Reservation, r *stock.Reservation) []stock.Part {
	if parts := rising(object.Spec.ConsumeItems, r, consumed, shippable); len(parts) > 0 {
		return parts
	}
	if object.Spec.Intent == v1.IntentConsume {
		return remainder(object, r)
	}
	return nil
}

// shippable is how many units of a line can have been shipped in all: those of its place, and
// in their stead those that are held at others.
func shippable(r *stock.Reservation, line v1.PartialItem) int64 {
	units := sum(r, line, notReleased)
	if line.LocationID == "" {
		return units
	}
	everywhere := v1.PartialItem{ProductID: line.ProductID}
	return units + sum(r, everywhere, stock.Allocation.Held) - sum(r, line, stock.Allocation.Held)
}

// releasable is how many units of a line can have been given back in all.
func releasable(r *stock.Reservation, line v1.PartialItem) int64 { return sum(r, line, notShipped) }

// rising are the totals that lines state, as far as there are units, where any of them is
// above what is known. The others go with it: they tell whether it contradicts them.
func rising(lines []v1.PartialItem, r *stock.Reservation, known figure, most func(*stock.Reservation, v1.PartialItem) int64) []stock.Part {
	var parts []stock.Part
	rises := false
	for _, line := range lines {
		total := min(line.Quantity, most(r, line))
		if total <= 0 {
			continue
		}
		rises = rises || total > sum(r, line, known)
		parts = append(parts, stock.Part{Product: idOf(line.ProductID), Location: line.LocationID, Quantity: total})
	}
	if !rises {
		return nil
	}
	return parts
}

// remainder are the running totals of what is shipped once all is that is not to be given back.
func remainder(object *v1.Reservation, r *stock.Reservation) []stock.Part {
	kept := spread(object.Spec.ReleaseItems, r, released, notShipped)
	var parts []stock.Part
	for i, a := range r.Allocations {
		if total := a.Quantity - kept[i]; total > a.Consumed {
			parts = append(parts, stock.Part{Product: a.Product, Location: a.Location, Quantity: total})
		}
	}
	return parts
}

// spread brings what is known of each allocation up to what lines state, at most to what
// there is. A line without a location is served from front to back, as the journal does it.
func spread(lines []v1.PartialItem, r *stock.Reservation, known, most figure) []int64 {
	totals := make([]int64, len(r.Allocations))
	for i, a := range r.Allocations {
		totals[i] = known(a)
	}
	for _, line := range lines {
		missing := line.Quantity - sum(r, line, known)
		for i, a := range r.Allocations {
			if missing > 0 && concerns(line, a) {
				add := max(0, min(missing, most(a)-totals[i]))
				totals[i] += add
				missing -= add
			}
		}
	}
	return totals
}

// sum adds up a figure of the allocations that a line is about.
func sum(r *stock.Reservation, line v1.PartialItem, of figure) (units int64) {
	for _, a := range r.Allocations {
		if concerns(line, a) {
			units += of(a)
		}
	}
	return units
}

// concerns tells whether a line is about an allocation: without a location it is about all of
// its product.
func concerns(line v1.PartialItem, a stock.Allocation) bool {
	return idOf(line.ProductID) == a.Product && (line.LocationID == "" || line.LocationID == a.Location)
}
