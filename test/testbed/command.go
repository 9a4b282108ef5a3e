package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/acme/inventory-service/api/events"
)

// Transport is how a command goes to the bridge.
type Transport int

// The transports: a CloudEvent in one of its two modes, or plain HTTP.
const (
	BinaryMode Transport = iota
	StructuredMode
	PlainHTTP
)

// Command is one message to the bridge. It is repeated unchanged.
type Command struct {
	ID        string
	Transport Transport
	Payload   any // events.ReserveInventory, ReleaseInventory or ConsumeInventory
}

// Reserve is the command to reserve items for a cart of its own.
func Reserve(id string, by Transport, items ...events.Item) Command {
	return Command{ID: id, Transport: by, Payload: events.ReserveInventory{CartID: "cart-" + id, Items: items}}
}

// Release is the command to give back what is left of a Reservation.
func Release(id string, by Transport, reservation string) Command {
	return Command{ID: id, Transport: by, Payload: events.ReleaseInventory{ReservationID: reservation, Reason: "ORDER_CANCELLED"}}
}

// Consume is the command to ship what is left of a Reservation.
func Consume(id string, by Transport, reservation string) Command {
	return Command{ID: id, Transport: by, Payload: events.ConsumeInventory{ReservationID: reservation}}
}

// Item is one line of a cart, as commands name it.
func Item(product string, quantity int64) events.Item {
	return events.Item{ProductID: product, Quantity: quantity}
}

// Told is a final answer of the bridge.
type Told struct {
	Reservation string
	Refused     bool
	// Text is everything that was told, byte for byte.
	Text string
}

// Send sends the command once. An error means that nothing final was told.
func (c Command) Send(ctx context.Context, bridge string) (*Told, error) {
	request, err := c.request(ctx, bridge)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if c.Transport == PlainHTTP {
		return readPlain(response.StatusCode, body)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, body)
	}
	event, err := binding.ToEvent(ctx, cehttp.NewMessage(response.Header, io.NopCloser(bytes.NewReader(body))))
	if err != nil {
		return nil, fmt.Errorf("the reply is no event: %w: %s", err, body)
	}
	return &Told{Reservation: event.Subject(), Refused: event.Type() == events.TypeUnavailable, Text: render(event)}, nil
}

func readPlain(status int, body []byte) (*Told, error) {
	var fields struct {
		Type          string
		ReservationID string
	}
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("%d: %s: %w", status, body, err)
	}
	answer := &Told{Reservation: fields.ReservationID, Text: fmt.Sprintf("%d %s", status, body)}
	switch {
	case status == http.StatusCreated, status == http.StatusOK:
		return answer, nil
	case status == http.StatusConflict && strings.HasSuffix(fields.Type, "inventory-unavailable"):
		answer.Refused = true
		return answer, nil
	default:
		return nil, fmt.Errorf("%d: %s", status, body)
	}
}

func (c Command) request(ctx context.Context, bridge string) (*http.Request, error) {
	if c.Transport == PlainHTTP {
		return c.plainRequest(ctx, bridge)
	}
	event := cloudevents.NewEvent()
	event.SetID(c.ID)
	event.SetSource("urn:shop:checkout")
	event.SetType(c.eventType())
	if err := event.SetData(cloudevents.ApplicationJSON, c.Payload); err != nil {
		return nil, err
	}
	if c.Transport == StructuredMode {
		ctx = binding.WithForceStructured(ctx)
	}
	return cehttp.NewHTTPRequestFromEvent(ctx, bridge, event)
}

func (c Command) eventType() string {
	switch c.Payload.(type) {
	case events.ReleaseInventory:
		return events.TypeRelease
	case events.ConsumeInventory:
		return events.TypeConsume
	default:
		return events.TypeReserve
	}
}

func (c Command) plainRequest(ctx context.Context, bridge string) (*http.Request, error) {
	body, err := json.Marshal(c.Payload)
	if err != nil {
		return nil, err
	}
	path := "/reservations"
	switch named := c.Payload.(type) {
	case events.ReleaseInventory:
		path += "/" + named.ReservationID + "/release"
	case events.ConsumeInventory:
		path += "/" + named.ReservationID + "/consume"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, bridge+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", c.ID)
	return request, nil
}

// Repeat sends the command until it is told its outcome, each time to the
// Bridge that is next. pause is how long it rests after a failure.
func (c Command) Repeat(ctx context.Context, next func() string) (*Told, error) {
	const pause = 50 * time.Millisecond
	for {
		answer, err := c.Send(ctx, next())
		if err == nil {
			return answer, nil
		}
		select {
		case <-time.After(pause): // as a broker would
		case <-ctx.Done():
			return nil, fmt.Errorf("command %s has no outcome: %w", c.ID, err)
		}
	}
}

// Ask sends the command until it is told its outcome.
func (w *World) Ask(c Command, o *Operator) *Told {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), Patience)
	defer cancel()
	answer, err := c.Repeat(ctx, func() string { return o.Bridge })
	w.Must(err)
	return answer
}
