package webhook

import (
	"context"
	"net/http"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// postOrderRelease releases all reservations of an order over plain HTTP.
func (b *bridge) postOrderRelease(x *exchange, r *http.Request) error {
	return postOrder(b, x, r, b.decode.ReleaseOrder, b.releaseOrder)
}

// postOrderConsume consumes all reservations of an order over plain HTTP.
func (b *bridge) postOrderConsume(x *exchange, r *http.Request) error {
	return postOrder(b, x, r, b.decode.ConsumeOrder, b.consumeOrder)
}

func postOrder[C any](
	b *bridge, x *exchange, r *http.Request,
	decode func(orderID string, data []byte) (C, error),
	carryOut func(ctx context.Context, x *exchange, namespace string, command C) (events.OrderSettled, error),
) error {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	order := v1.CanonicalID(r.PathValue("order"))
	if wrong := b.IDs.Wrong(order); wrong != "" {
		return events.Invalid("orderId", "%s", wrong)
	}
	body, err := readJSON(x, r)
	if err != nil {
		return err
	}
	command, err := decode(order, body)
	if err != nil {
		return err
	}
	settled, err := carryOut(r.Context(), x, namespace, command)
	if err != nil {
		return err
	}
	if x.prefers.async {
		x.accept(x.orderLocation(order))
		return nil
	}
	return writeJSON(x, settled)
}

// orderEvent is the event that answers a change of all reservations of an order.
func orderEvent(namespace, eventType string, command *message, settled events.OrderSettled) cloudevents.Event {
	return replyTo(command, events.Reply(namespace, eventType, uuid.NewString()+".order", settled.OrderID, settled))
}

func (b *bridge) releaseOrder(ctx context.Context, x *exchange, namespace string, command *events.ReleaseInventory) (events.OrderSettled, error) {
	return b.settleOrder(ctx, x, namespace, command.OrderID, func(ctx context.Context, id string) (*v1.Reservation, error) {
		return b.release(ctx, x, namespace, &events.ReleaseInventory{ReservationID: id, Reason: command.Reason})
	})
}

func (b *bridge) consumeOrder(ctx context.Context, x *exchange, namespace string, command *events.ConsumeInventory) (events.OrderSettled, error) {
	return b.settleOrder(ctx, x, namespace, command.OrderID, func(ctx context.Context, id string) (*v1.Reservation, error) {
		return b.consume(ctx, x, namespace, &events.ConsumeInventory{ReservationID: id})
	})
}

// settleOrder changes the reservations of an order one by one, those that were refused left
// out. Where one cannot be changed now, the whole is to be asked for again: what was done
// is not done twice. Where one cannot be changed at all, it says why, and the others are;
// where none can, the first says why.
func (b *bridge) settleOrder(
	ctx context.Context, x *exchange, namespace, order string, change func(ctx context.Context, id string) (*v1.Reservation, error),
) (events.OrderSettled, error) {
	settled := events.OrderSettled{OrderID: order, Reservations: []events.ReservationSettled{}}
	ctx, cancel := x.bound(ctx, b.Wait)
	defer cancel()
	reservations, err := b.ofOrder(ctx, x, namespace, order)
	if err != nil {
		return settled, err
	}
	var first error
	done := 0
	for _, r := range reservations {
		became, err := change(ctx, string(r.ID))
		switch f := asFailure(err); {
		case err == nil:
			done++
			settled.Reservations = append(settled.Reservations, events.Settled(became, ""))
		case f == nil || f.kind == tryLater || f.kind == internal:
			return settled, err
		default:
			if first == nil {
				first = err
			}
			settled.Reservations = append(settled.Reservations, events.Settled(view.Reservation(namespace, r), f.detail))
		}
	}
	if done == 0 {
		return settled, first
	}
	return settled, nil
}

// ofOrder are the reservations of an order that ever held something, as the process that leads
// knows them.
func (b *bridge) ofOrder(ctx context.Context, x *exchange, namespace, order string) ([]*stock.Reservation, error) {
	j, err := b.enterToAsk(ctx, x, namespace)
	if err != nil {
		return nil, err
	}
	// One that is not known yet must not be left out.
	if err := b.proofs.prove(ctx, j); err != nil {
		return nil, orElse(err, "which reservations order %q has cannot be told now: repeat the request unchanged", clip(order, 128))
	}
	all, err := indexed(j, &events.FindReservations{OrderID: order})
	if err != nil {
		return nil, err
	}
	var held []*stock.Reservation
	for _, r := range all {
		if r.Phase != stock.PhaseRefused {
			held = append(held, r)
		}
	}
	if len(held) == 0 {
		return nil, fail(notFound, "no reservation of order %q holds anything in namespace %s, or ever did", clip(order, 128), namespace)
	}
	return held, nil
}
