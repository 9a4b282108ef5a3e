package webhook

import (
	"context"
	"fmt"
	"net/http"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/acme/inventory-service/api/events"
)

// eventFunc answers a CloudEvent with a CloudEvent.
type eventFunc func(ctx context.Context, x *exchange, namespace string, command *cloudevents.Event) (cloudevents.Event, error)

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
	reply, err := serve(r.Context(), x, namespace, command)
	if err != nil {
		return err
	}
	return writeEvent(x, r, reply)
}

func (b *bridge) reserveEvent(ctx context.Context, x *exchange, namespace string, command *cloudevents.Event) (cloudevents.Event, error) {
	payload, err := events.DecodeReserve(command.Data())
	if err != nil {
		return cloudevents.Event{}, err
	}
	id := identity{source: command.Source(), id: command.ID()}
	if err := id.check(); err != nil {
		return cloudevents.Event{}, err
	}
	reservation, err := b.reserve(ctx, x, namespace, reserveCommand{id: id, at: command.Time(), payload: payload})
	if err != nil {
		return cloudevents.Event{}, err
	}
	outcome, ok := events.Outcome(reservation)
	if !ok {
		return outcome, fmt.Errorf("reservation %s/%s has no outcome to tell", namespace, reservation.Name)
	}
	return outcome, nil
}

func (b *bridge) releaseEvent(ctx context.Context, x *exchange, namespace string, command *cloudevents.Event) (cloudevents.Event, error) {
	payload, err := events.DecodeRelease(command.Data())
	if err != nil {
		return cloudevents.Event{}, err
	}
	reservation, err := b.release(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	return events.ReleasedReply(reservation), nil
}

func (b *bridge) consumeEvent(ctx context.Context, x *exchange, namespace string, command *cloudevents.Event) (cloudevents.Event, error) {
	payload, err := events.DecodeConsume(command.Data())
	if err != nil {
		return cloudevents.Event{}, err
	}
	reservation, err := b.consume(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	return events.ConsumedReply(reservation), nil
}

func (b *bridge) stockLevelEvent(ctx context.Context, x *exchange, namespace string, query *cloudevents.Event) (cloudevents.Event, error) {
	payload, err := events.DecodeGetStockLevel(query.Data())
	if err != nil {
		return cloudevents.Event{}, err
	}
	level, err := b.stockLevel(ctx, x, namespace, payload.ProductID)
	if err != nil {
		return cloudevents.Event{}, err
	}
	id := identity{source: query.Source(), id: query.ID()}.uuid() + ".stocklevel"
	return events.StockLevelReply(namespace, id, level), nil
}
