package webhook

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
)

// eventFunc answers a CloudEvent with a CloudEvent.
type eventFunc func(ctx context.Context, x *exchange, namespace string, command *message) (cloudevents.Event, error)

// postEvent takes every CloudEvent.
func (b *bridge) postEvent(x *exchange, r *http.Request) error {
	if mediaType(r.Header.Get("Content-Type")) == cloudevents.ApplicationCloudEventsBatchJSON {
		return b.postBatch(x, r)
	}
	command, err := decodeEvent(x, r)
	if err != nil {
		return err
	}
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	x.beginTrace(r, command.extensions)
	reply, err := b.serveEvent(r.Context(), x, namespace, command)
	if err != nil {
		return err
	}
	return b.writeReply(x, r, reply)
}

// serveEvent carries out a command, or answers a query, and returns the event that tells what
// became of it.
func (b *bridge) serveEvent(ctx context.Context, x *exchange, namespace string, command *message) (cloudevents.Event, error) {
	defer func() { x.traceEvent(namespace, command) }()
	var serve eventFunc
	switch command.eventType {
	case events.TypeReserve:
		x.operation, serve = operationReserve, b.reserveEvent
	case events.TypeRelease:
		x.operation, serve = operationRelease, b.releaseEvent
	case events.TypeConsume:
		x.operation, serve = operationConsume, b.consumeEvent
	case events.TypeStockLevelGet:
		x.operation, serve = operationStockLevel, b.stockLevelEvent
	case events.TypeExtend:
		x.operation, serve = operationExtend, b.extendEvent
	case events.TypeAttachOrder:
		x.operation, serve = operationAttach, b.attachEvent
	case events.TypeCheck:
		x.operation, serve = operationCheck, b.checkEvent
	case events.TypeFind:
		x.operation, serve = operationFind, b.findEvent
	default:
		return cloudevents.Event{}, fail(unknownType, "events of type %q are not served; use %s", clip(command.eventType, 100),
			strings.Join(events.TypesTaken(), ", "))
	}
	return serve(ctx, x, namespace, command)
}

func (b *bridge) reserveEvent(ctx context.Context, x *exchange, namespace string, command *message) (cloudevents.Event, error) {
	payload, err := b.decode.Reserve(command.data)
	if err != nil {
		return cloudevents.Event{}, err
	}
	id := identity{source: command.source, id: command.id}
	if err := id.check(); err != nil {
		return cloudevents.Event{}, err
	}
	carried, dropped := x.carryTrace(command.extensions)
	reservation, err := b.reserve(ctx, x, namespace, reserveCommand{id: id, at: command.at, payload: payload, extensions: carried, dropped: dropped})
	if err != nil {
		return cloudevents.Event{}, err
	}
	outcome, ok := events.Outcome(reservation)
	if !ok {
		return outcome, fmt.Errorf("reservation %s/%s has no outcome to tell", namespace, reservation.Name)
	}
	return outcome, nil
}

func (b *bridge) releaseEvent(ctx context.Context, x *exchange, namespace string, command *message) (cloudevents.Event, error) {
	payload, err := b.decode.Release(command.data)
	if err != nil {
		return cloudevents.Event{}, err
	}
	if payload.OrderID != "" {
		settled, err := b.releaseOrder(ctx, x, namespace, payload)
		return orderEvent(namespace, events.TypeOrderReleased, command, settled), err
	}
	reservation, err := b.release(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	return replyTo(command, events.ReleasedReply(reservation)), nil
}

func (b *bridge) consumeEvent(ctx context.Context, x *exchange, namespace string, command *message) (cloudevents.Event, error) {
	payload, err := b.decode.Consume(command.data)
	if err != nil {
		return cloudevents.Event{}, err
	}
	if payload.OrderID != "" {
		settled, err := b.consumeOrder(ctx, x, namespace, payload)
		return orderEvent(namespace, events.TypeOrderConsumed, command, settled), err
	}
	reservation, err := b.consume(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	return replyTo(command, events.ConsumedReply(reservation)), nil
}

func (b *bridge) stockLevelEvent(ctx context.Context, x *exchange, namespace string, query *message) (cloudevents.Event, error) {
	payload, err := b.decode.GetStockLevel(query.data)
	if err != nil {
		return cloudevents.Event{}, err
	}
	several := payload.ProductID == ""
	if !several {
		payload.ProductIDs = []string{payload.ProductID}
	}
	levels, err := b.stockLevels(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	id := uuid.NewString() + ".stocklevel"
	switch {
	case several:
		return replyTo(query, events.StockLevelsReply(namespace, id, levels)), nil
	case len(levels.Unknown) > 0:
		return cloudevents.Event{}, notStocked(namespace, levels)
	default:
		return replyTo(query, events.StockLevelReply(namespace, id, levels.Items[0])), nil
	}
}
