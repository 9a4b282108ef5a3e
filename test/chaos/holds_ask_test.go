package chaos

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

	"github.com/acme/inventory-service/test/testbed"
)

// holdAsk is a command about a hold, as a CloudEvent or over plain HTTP.
type holdAsk struct {
	id, eventType, method, path string
	payload                     any
}

// holdTold is a final answer to it.
type holdTold struct {
	// done says that it was carried out, or had been. Otherwise problem says why not.
	done    bool
	problem string
	// reservation, expires and units are what the answer says of the hold.
	reservation string
	expires     time.Time
	text        string
}

// until repeats the command, at one bridge after the other, until it has a final answer.
func (a holdAsk) until(ctx context.Context, by testbed.Transport, next func() string) (holdTold, error) {
	ctx, cancel := context.WithTimeout(ctx, testbed.Patience)
	defer cancel()
	for {
		told, err := a.once(ctx, by, next())
		if err == nil {
			return told, nil
		}
		select {
		case <-time.After(50 * time.Millisecond): // as a broker would
		case <-ctx.Done():
			return told, fmt.Errorf("command %s has no final answer: %w", a.id, err)
		}
	}
}

// once sends the command once. An error means that it may come again.
func (a holdAsk) once(ctx context.Context, by testbed.Transport, bridge string) (holdTold, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	request, err := a.request(ctx, by, bridge)
	if err != nil {
		return holdTold{}, err
	}
	response, err := copyClient.Do(request)
	if err != nil {
		return holdTold{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return holdTold{}, err
	}
	switch response.StatusCode {
	case http.StatusOK, http.StatusCreated:
		return readHold(ctx, by, response, body)
	case http.StatusConflict, http.StatusUnprocessableEntity:
		var problem struct{ Type, ReservationID string }
		if err := json.Unmarshal(body, &problem); err != nil {
			return holdTold{}, err
		}
		return holdTold{problem: problem.Type[strings.LastIndex(problem.Type, "/")+1:], reservation: problem.ReservationID, text: string(body)}, nil
	default:
		return holdTold{}, fmt.Errorf("%s: %s", response.Status, body)
	}
}

// readHold reads what a command came to.
func readHold(ctx context.Context, by testbed.Transport, response *http.Response, body []byte) (holdTold, error) {
	told := holdTold{done: true, text: string(body)}
	if by != testbed.PlainHTTP {
		event, err := binding.ToEvent(ctx, cehttp.NewMessage(response.Header, io.NopCloser(bytes.NewReader(body))))
		if err != nil {
			return told, err
		}
		body, told.reservation = event.Data(), event.Subject()
		if strings.Contains(event.Type(), ".unavailable.") {
			told.done, told.problem = false, "inventory-unavailable"
		}
	}
	var fields struct {
		ReservationID string
		ExpiresAt     time.Time
	}
	if err := json.Unmarshal(body, &fields); err != nil {
		return told, err
	}
	if fields.ReservationID != "" {
		told.reservation = fields.ReservationID
	}
	told.expires = fields.ExpiresAt
	return told, nil
}

func (a holdAsk) request(ctx context.Context, by testbed.Transport, bridge string) (*http.Request, error) {
	if by == testbed.PlainHTTP {
		body, err := json.Marshal(a.payload)
		if err != nil {
			return nil, err
		}
		request, err := http.NewRequestWithContext(ctx, a.method, bridge+a.path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", a.id)
		return request, nil
	}
	event := cloudevents.NewEvent()
	event.SetID(a.id)
	event.SetSource("urn:shop:checkout")
	event.SetType(a.eventType)
	if err := event.SetData(cloudevents.ApplicationJSON, a.payload); err != nil {
		return nil, err
	}
	if by == testbed.StructuredMode {
		ctx = binding.WithForceStructured(ctx)
	}
	return cehttp.NewHTTPRequestFromEvent(ctx, bridge, event)
}
