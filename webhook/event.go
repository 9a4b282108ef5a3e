package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
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
	serve := b.messages[command.eventType]
	if serve == nil {
		return cloudevents.Event{}, fail(unknownType, "events of type %q are not served; use %s", clip(command.eventType, 100),
			strings.Join(events.TypesTaken(), ", "))
	}
	m, _ := contract.MessageOf(command.eventType)
	x.operation = m.Operation
	reply, err := serve(ctx, x, namespace, command)
	return events.WithSchema(reply, b.SchemasURL), err
}

// messageHandlers are what serves each message that the contract has the service take.
func (b *bridge) messageHandlers() (map[string]eventFunc, error) {
	handlers := map[string]eventFunc{
		events.TypeReserve: b.reserveEvent, events.TypeRelease: b.releaseEvent, events.TypeConsume: b.consumeEvent,
		events.TypeStockLevelGet: b.stockLevelEvent, events.TypeExtend: b.extendEvent, events.TypeAttachOrder: b.attachEvent,
		events.TypeCheck: b.checkEvent, events.TypeFind: b.findEvent,
	}
	served := 0
	for _, m := range contract.Messages() {
		if m.Taken() && handlers[m.Type] == nil {
			return nil, fmt.Errorf("nothing serves the message %s", m.Type)
		}
		if m.Taken() {
			served++
		}
	}
	if served != len(handlers) {
		return nil, errors.New("the bridge serves messages that the contract does not have")
	}
	return handlers, nil
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
		return outcome, fail(internal, "reservation %s has no outcome to tell, which is a fault of this service: report it", reservation.Name)
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
