package controllers

import (
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// The running totals of a spec only grow, and consumeItems goes before releaseItems. So
// whatever a version of a Reservation says was shipped, no later version gives back, and what
// was given back is never shipped.

// wanted returns what the spec of an object asks for beyond what the journal says of its
// reservation; nil where that is nothing. What was shipped comes first: nothing may take back
// the units of a shipment that was declared.
func wanted(object *v1.Reservation, r *stock.Reservation) stock.Request {
	if !r.Phase.Ended() {
		if parts := shipments(object, r); len(parts) > 0 {
			return stock.Consume{Reservation: r.ID, Parts: parts}
		}
		if object.Spec.Intent == v1.IntentRelease {
			return stock.Release{Reservation: r.ID, Reason: string(object.Spec.ReleaseReason)}
		}
		if parts := returns(object, r); len(parts) > 0 {
			return stock.Release{Reservation: r.ID, Parts: parts}
		}
	}
	if order := object.Spec.OrderID; order != "" && r.Order == "" && r.LaterOrder == "" {
		return stock.Attach{Reservation: r.ID, Order: stock.ID(order)}
	}
	return nil
}

// shipments are the running totals of what was shipped, where there is more of it than the
// journal knows.
func shipments(object *v1.Reservation, r *stock.Reservation) []stock.Part {
	var parts []stock.Part
	for _, a := range r.Allocations {
		if total := shipped(object, a); total > a.Consumed {
			parts = append(parts, stock.Part{Product: a.Product, Location: a.Location, Quantity: total})
		}
	}
	return parts
}

// shipped is the running total of an allocation that is to be consumed.
func shipped(object *v1.Reservation, a stock.Allocation) int64 {
	declared := min(totalOf(object.Spec.ConsumeItems, a), a.Quantity-a.Released)
	if object.Spec.Intent == v1.IntentConsume {
		return a.Quantity - max(a.Released, min(totalOf(object.Spec.ReleaseItems, a), a.Quantity-declared))
	}
	return declared
}

// returns are the running totals of what is to be given back, where there is more of it than
// was.
func returns(object *v1.Reservation, r *stock.Reservation) []stock.Part {
	var parts []stock.Part
	for _, a := range r.Allocations {
		total := min(totalOf(object.Spec.ReleaseItems, a), a.Quantity-max(a.Consumed, shipped(object, a)))
		if total > a.Released {
			parts = append(parts, stock.Part{Product: a.Product, Location: a.Location, Quantity: total})
		}
	}
	return parts
}

func totalOf(items []v1.PartialItem, a stock.Allocation) int64 {
	for _, item := range items {
		if item.ProductID == string(a.Product) && item.LocationID == a.Location {
			return item.Quantity
		}
	}
	return 0
}
