package webhook

import (
	"context"

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
		withdrawn: func(r *v1.Reservation) error { return refuseConsume(r, nil) },
	})
}

// refuseConsume says why units cannot be shipped: nothing was ever held, or they went back
// on sale.
func refuseConsume(r *v1.Reservation, items []events.PartialItem) error {
	phase := r.CurrentPhase()
	switch {
	case phase == v1.PhaseReleased || phase == v1.PhaseUnavailable:
		return fail(notReserved, "reservation %s is %s: it cannot be consumed", r.Name, phase)
	case items != nil:
		return exceeded(r, items, func(a v1.Allocation) int64 { return a.Quantity - a.Released }, "reserved and not given back")
	default:
		return fail(notReserved, "reservation %s is %s: what was not shipped of it went back on sale (%s)", r.Name, phase, r.Status.Reason)
	}
}
