package webhook

import (
	"context"
	"fmt"
	"strings"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// consume has units of a reservation taken out of stock.
func (b *bridge) consume(ctx context.Context, x *exchange, namespace string, command *events.ConsumeInventory) (*v1.Reservation, error) {
	return b.carryOut(ctx, x, namespace, change{
		text: command.ReservationID, items: command.Items,
		request: func(id stock.ID, parts []stock.Part) stock.Request {
			return stock.Consume{Reservation: id, Parts: parts, Exact: true, Actor: x.actor()}
		},
		refusal:   func(r *v1.Reservation) error { return refuseConsume(r, command.Items) },
		missing:   func(places placesOf) error { return notThere(command.Items, places) },
		withdrawn: func(r *v1.Reservation) error { return refuseConsume(r, nil) },
	})
}

// notThere says that units cannot be shipped from where a message says, and what is where.
func notThere(items []events.PartialItem, places placesOf) error {
	f := fail(elsewhere, "a location that the message names has too few units for sale to ship them in place of those that are held")
	for i, item := range items {
		if item.LocationID == "" {
			continue
		}
		var there []string
		for _, place := range places(item.ProductID) {
			there = append(there, fmt.Sprintf("%d at %q", place.Available, place.Location))
		}
		f.violations = append(f.violations, events.Violation{
			Field:  fmt.Sprintf("items[%d].locationId", i),
			Detail: fmt.Sprintf("of product %q are for sale: %s", item.ProductID, strings.Join(there, ", ")),
		})
	}
	return f
}

// refuseConsume says why units cannot be shipped: nothing was ever held, or they went back
// on sale.
func refuseConsume(r *v1.Reservation, items []events.PartialItem) error {
	phase := r.CurrentPhase()
	switch {
	case phase == v1.PhaseUnavailable:
		return fail(notReserved, "reservation %s is %s: it cannot be consumed", r.Name, phase)
	case phase == v1.PhaseReleased:
		return fail(notReserved, "reservation %s is %s (%s): it cannot be consumed", r.Name, phase, view.Ending(r))
	case items != nil && (phase != v1.PhaseConsumed || !wereHeld(r, items)):
		return exceeded(r, items, shippable, "reserved and not given back")
	default:
		return fail(notReserved, "reservation %s is %s (%s): what was not shipped of it by then cannot be shipped any more", r.Name, phase, view.Ending(r))
	}
}

// wereHeld tells whether a reservation that has ended had as many units of each product, be it
// elsewhere.
func wereHeld(r *v1.Reservation, items []events.PartialItem) bool {
	for _, item := range items {
		var units int64
		for _, a := range r.Status.Allocations {
			if a.ProductID == item.ProductID {
				units += a.Quantity
			}
		}
		if item.Quantity > units {
			return false
		}
	}
	return true
}
