package webhook

import (
	"context"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// release has units of a reservation go back on sale.
func (b *bridge) release(ctx context.Context, x *exchange, namespace string, command *events.ReleaseInventory) (*v1.Reservation, error) {
	return b.carryOut(ctx, x, namespace, change{
		text: command.ReservationID, items: command.Items,
		request: func(id stock.ID, parts []stock.Part) stock.Request {
			return stock.Release{Reservation: id, Parts: parts, Reason: string(command.Reason), Exact: true, Actor: x.actor()}
		},
		refusal: func(r *v1.Reservation) error { return refuseRelease(r, command.Items) },
		// What has ended before it was decided is released.
		withdrawn: func(*v1.Reservation) error { return nil },
	})
}

// refuseRelease says why units cannot be given back: they are shipped, or were never held.
func refuseRelease(r *v1.Reservation, items []events.PartialItem) error {
	if r.CurrentPhase() == v1.PhaseConsumed {
		return fail(consumed, "the units of reservation %s are shipped: they cannot be released any more", r.Name)
	}
	return exceeded(r, items, releasable, "reserved and not shipped")
}
