package webhook

import (
	"context"
	"fmt"
	"strings"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// consume has units of a reservation taken out of stock.
func (b *bridge) consume(ctx context.Context, x *exchange, namespace string, command *events.ConsumeInventory) (*v1.Reservation, error) {
	return b.carryOut(ctx, x, namespace, change{
		text: command.ReservationID, items: command.Items,
		request: func(id stock.ID, parts []stock.Part) stock.Request {
			return stock.Consume{Reservation: id, Parts: parts, Exact: true}
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
	case phase == v1.PhaseReleased || phase == v1.PhaseUnavailable:
		return fail(notReserved, "reservation %s is %s: it cannot be consumed", r.Name, phase)
	case items != nil:
		return exceeded(r, items, shippable, "reserved and not given back")
	default:
		return fail(notReserved, "reservation %s is %s: what was not shipped of it went back on sale (%s)", r.Name, phase, r.Status.Reason)
	}
}
