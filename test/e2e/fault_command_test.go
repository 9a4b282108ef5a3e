package e2e

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

// transport is how a command goes to the bridge.
type transport int

const (
	binaryMode transport = iota
	structuredMode
	plainHTTP
)

// command is one message to the bridge. It is repeated unchanged.
type command struct {
	id        string
	transport transport
	payload   any // events.ReserveInventory, ReleaseInventory or ConsumeInventory
}

func reserve(id string, by transport, items ...events.Item) command {
	return command{id: id, transport: by, payload: events.ReserveInventory{CartID: "cart-" + id, Items: items}}
}

func release(id string, by transport, reservation string) command {
	return command{id: id, transport: by, payload: events.ReleaseInventory{ReservationID: reservation, Reason: "ORDER_CANCELLED"}}
}

func consume(id string, by transport, reservation string) command {
	return command{id: id, transport: by, payload: events.ConsumeInventory{ReservationID: reservation}}
}

func item(product string, quantity int64) events.Item {
	return events.Item{ProductID: product, Quantity: quantity}
}

// told is a final answer of the bridge.
type told struct {
	reservation string
	refused     bool
	// text is everything that was told, byte for byte.
	text string
}

// send sends the command once. An error means that nothing final was told.
func (c command) send(ctx context.Context, bridge string) (*told, error) {
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
	if c.transport == plainHTTP {
		return readPlain(response.StatusCode, body)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, body)
	}
	event, err := binding.ToEvent(ctx, cehttp.NewMessage(response.Header, io.NopCloser(bytes.NewReader(body))))
	if err != nil {
		return nil, fmt.Errorf("the reply is no event: %w: %s", err, body)
	}
	return &told{reservation: event.Subject(), refused: event.Type() == events.TypeUnavailable, text: render(event)}, nil
}

func readPlain(status int, body []byte) (*told, error) {
	var fields struct {
		Type          string
		ReservationID string
	}
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("%d: %s: %w", status, body, err)
	}
	answer := &told{reservation: fields.ReservationID, text: fmt.Sprintf("%d %s", status, body)}
	switch {
	case status == http.StatusCreated, status == http.StatusOK:
		return answer, nil
	case status == http.StatusConflict && strings.HasSuffix(fields.Type, "inventory-unavailable"):
		answer.refused = true
		return answer, nil
	default:
		return nil, fmt.Errorf("%d: %s", status, body)
	}
}

func (c command) request(ctx context.Context, bridge string) (*http.Request, error) {
	if c.transport == plainHTTP {
		return c.plainRequest(ctx, bridge)
	}
	event := cloudevents.NewEvent()
	event.SetID(c.id)
	event.SetSource("urn:shop:checkout")
	event.SetType(c.eventType())
	if err := event.SetData(cloudevents.ApplicationJSON, c.payload); err != nil {
		return nil, err
	}
	if c.transport == structuredMode {
		ctx = binding.WithForceStructured(ctx)
	}
	return cehttp.NewHTTPRequestFromEvent(ctx, bridge, event)
}

func (c command) eventType() string {
	switch c.payload.(type) {
	case events.ReleaseInventory:
		return events.TypeRelease
	case events.ConsumeInventory:
		return events.TypeConsume
	default:
		return events.TypeReserve
	}
}

func (c command) plainRequest(ctx context.Context, bridge string) (*http.Request, error) {
	body, err := json.Marshal(c.payload)
	if err != nil {
		return nil, err
	}
	path := "/reservations"
	switch named := c.payload.(type) {
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
	request.Header.Set("Idempotency-Key", c.id)
	return request, nil
}

// repeat sends the command until it is told its outcome, each time to the
// bridge that is next. pause is how long it rests after a failure.
func (c command) repeat(ctx context.Context, next func() string) (*told, error) {
	const pause = 50 * time.Millisecond
	for {
		answer, err := c.send(ctx, next())
		if err == nil {
			return answer, nil
		}
		select {
		case <-time.After(pause): // as a broker would
		case <-ctx.Done():
			return nil, fmt.Errorf("command %s has no outcome: %w", c.id, err)
		}
	}
}

// ask sends the command until it is told its outcome.
func (w *world) ask(c command, o *operator) *told {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	answer, err := c.repeat(ctx, func() string { return o.bridge })
	w.must(err)
	return answer
}
