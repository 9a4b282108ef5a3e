package webhook

import (
	"context"
	"fmt"
	"net/http"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/acme/inventory-service/api/events"
)

// eventFunc answers a CloudEvent with a CloudEvent.
type eventFunc func(ctx context.Context, namespace string, command *cloudevents.Event) (cloudevents.Event, error)

// postEvent takes every CloudEvent.
func (b *bridge) postEvent(x *exchange, r *http.Request) error {
	command, err := decodeEvent(x, r)
	if err != nil {
		return err
	}
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	var serve eventFunc
	switch command.Type() {
	case events.TypeReserve:
		x.operation, serve = operationReserve, b.reserveEvent
	case events.TypeRelease:
		x.operation, serve = operationRelease, b.releaseEvent
	case events.TypeConsume:
		x.operation, serve = operationConsume, b.consumeEvent
	case events.TypeStockLevelGet:
		x.operation, serve = operationStockLevel, b.stockLevelEvent
	default:
		return fail(unknownType, "events of type %q are not served; use %s, %s, %s or %s", clip(command.Type(), 100),
			events.TypeReserve, events.TypeRelease, events.TypeConsume, events.TypeStockLevelGet)
	}
	reply, err := serve(r.Context(), namespace, command)
	if err != nil {
		return err
	}
	return writeEvent(x, r, reply)
}

func (b *bridge) reserveEvent(ctx context.Context, namespace string, command *cloudevents.Event) (cloudevents.Event, error) {
	if err := b.refuseOld(command); err != nil {
		return cloudevents.Event{}, err
	}
	payload, err := events.DecodeReserve(command.Data())
	if err != nil {
		return cloudevents.Event{}, err
	}
	id := identity{source: command.Source(), id: command.ID()}
	reservation, err := b.reserve(ctx, newReservation(namespace, id, payload))
	if err != nil {
		return cloudevents.Event{}, err
	}
	outcome, ok := events.Outcome(reservation)
	if !ok {
		return outcome, fmt.Errorf("reservation %s/%s has no outcome to tell", namespace, reservation.Name)
	}
	return outcome, nil
}

func (b *bridge) releaseEvent(ctx context.Context, namespace string, command *cloudevents.Event) (cloudevents.Event, error) {
	if err := b.refuseOld(command); err != nil {
		return cloudevents.Event{}, err
	}
	payload, err := events.DecodeRelease(command.Data())
	if err != nil {
		return cloudevents.Event{}, err
	}
	reservation, err := b.release(ctx, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	return events.ReleasedReply(reservation), nil
}

func (b *bridge) consumeEvent(ctx context.Context, namespace string, command *cloudevents.Event) (cloudevents.Event, error) {
	if err := b.refuseOld(command); err != nil {
		return cloudevents.Event{}, err
	}
	payload, err := events.DecodeConsume(command.Data())
	if err != nil {
		return cloudevents.Event{}, err
	}
	reservation, err := b.consume(ctx, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	return events.ConsumedReply(reservation), nil
}

func (b *bridge) stockLevelEvent(_ context.Context, namespace string, query *cloudevents.Event) (cloudevents.Event, error) {
	payload, err := events.DecodeGetStockLevel(query.Data())
	if err != nil {
		return cloudevents.Event{}, err
	}
	level, err := b.stockLevel(namespace, payload.ProductID)
	if err != nil {
		return cloudevents.Event{}, err
	}
	id := identity{source: query.Source(), id: query.ID()}.uuid() + ".stocklevel"
	return events.StockLevelReply(namespace, id, level), nil
}

// refuseOld refuses a command that may have been carried out so long ago that its
// Reservation is no longer kept: it could be carried out twice.
func (b *bridge) refuseOld(command *cloudevents.Event) error {
	at := command.Time()
	if at.IsZero() || b.Clock.Since(at) <= b.Retention {
		return nil
	}
	return fail(tooOld, "the command's time is more than %s ago: send it anew, with another id, if it is still wanted", b.Retention)
}
