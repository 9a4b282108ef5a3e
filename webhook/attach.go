package webhook

import (
	"context"
	"net/http"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// patchReservation names the order that a cart became, over plain HTTP.
func (b *bridge) patchReservation(x *exchange, r *http.Request) error {
	return postChange(b, x, r, b.decode.AttachOrderOf, b.attach, newReservationView)
}

func (b *bridge) attachEvent(ctx context.Context, x *exchange, namespace string, command *message) (cloudevents.Event, error) {
	payload, err := b.decode.AttachOrder(command.data)
	if err != nil {
		return cloudevents.Event{}, err
	}
	r, err := b.attach(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	id := r.Status.OutcomeID + ".ordered"
	return replyTo(command, events.Reply(namespace, events.TypeOrderAttached, id, r.ReservationID(), events.Attached(r))), nil
}

// attach names the order that a cart became: once.
func (b *bridge) attach(ctx context.Context, x *exchange, namespace string, command *events.AttachOrder) (*v1.Reservation, error) {
	return b.carryOut(ctx, x, namespace, change{
		text: command.ReservationID,
		request: func(id stock.ID, _ []stock.Part) stock.Request {
			return stock.Attach{Reservation: id, Order: stock.ID(command.OrderID), Actor: x.actor()}
		},
		refusal: func(r *v1.Reservation) error {
			return fail(orderNamed, "reservation %s belongs to order %q already: that never changes", r.Name, clip(r.Spec.OrderID, 128))
		},
		withdrawn: func(r *v1.Reservation) error {
			return fail(notReserved, "reservation %s was released before it was decided", r.Name)
		},
	})
}
