package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/test/testbed"
)

// copyOf is one of several copies of a command that clients send at the same time.
// Those of one id differ in how they travel, and some in what they ask for.
type copyOf struct {
	id       string
	by       testbed.Transport
	quantity int64
	// impatient leaves before the answer comes and asks again.
	impatient bool
}

// verdictOf is what one copy was told.
type verdictOf struct {
	copyOf
	// reused says that the bridge refused the copy, as another command has its id.
	reused bool
	// told is the outcome with all that it says, the same however it travelled.
	told, reservation string
	refused           bool
}

var copyClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: testbed.Clients}}

// send sends the copy until the bridge has a final answer.
func (c copyOf) send(ctx context.Context, next func() string) (*verdictOf, error) {
	ctx, cancel := context.WithTimeout(ctx, testbed.Patience)
	defer cancel()
	if c.impatient {
		hasty, leave := context.WithTimeout(ctx, 3*time.Millisecond)
		_, _ = c.once(hasty, next()) // whatever it was, it is lost
		leave()
	}
	for {
		verdict, err := c.once(ctx, next())
		if verdict != nil {
			return verdict, err
		}
		select {
		case <-time.After(20 * time.Millisecond): // as a broker would
		case <-ctx.Done():
			return nil, fmt.Errorf("command %s has no final answer: %w", c.id, err)
		}
	}
}

// once sends the copy once. It has no verdict where it may come again.
func (c copyOf) once(ctx context.Context, bridge string) (*verdictOf, error) {
	request, err := c.request(ctx, bridge)
	if err != nil {
		return nil, err
	}
	response, err := copyClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	verdict := &verdictOf{copyOf: c}
	switch {
	case response.StatusCode == c.reusedStatus() && strings.Contains(string(body), "/id-reused"):
		verdict.reused = true
		return verdict, nil
	case response.StatusCode == http.StatusServiceUnavailable, response.StatusCode == http.StatusAccepted:
		return nil, fmt.Errorf("%s: %s", response.Status, body)
	}
	return verdict, verdict.read(response, body)
}

// reusedStatus is what the contract answers to another command under a known id.
func (c copyOf) reusedStatus() int {
	if c.by == testbed.PlainHTTP {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

func (v *verdictOf) read(response *http.Response, body []byte) error {
	if v.by == testbed.PlainHTTP {
		return v.readPlain(response, body)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("copy of %s was answered %s: %s", v.id, response.Status, body)
	}
	eventType, data := response.Header.Get("Ce-Type"), body
	v.reservation = response.Header.Get("Ce-Subject")
	if eventType == "" {
		var event struct {
			Type, Subject string
			Data          json.RawMessage
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return fmt.Errorf("copy of %s: %w: %s", v.id, err, body)
		}
		eventType, v.reservation, data = event.Type, event.Subject, event.Data
	}
	v.refused = eventType == events.TypeUnavailable
	v.told = string(data)
	return nil
}

func (v *verdictOf) readPlain(response *http.Response, body []byte) error {
	var fields struct{ Type, ReservationID string }
	if err := json.Unmarshal(body, &fields); err != nil {
		return fmt.Errorf("copy of %s: %w: %s", v.id, err, body)
	}
	v.refused = response.StatusCode == http.StatusConflict && strings.HasSuffix(fields.Type, "inventory-unavailable")
	if !v.refused && response.StatusCode != http.StatusCreated && response.StatusCode != http.StatusOK {
		return fmt.Errorf("copy of %s was answered %s: %s", v.id, response.Status, body)
	}
	v.reservation, v.told = fields.ReservationID, string(body)
	return nil
}

func (c copyOf) request(ctx context.Context, bridge string) (*http.Request, error) {
	data := fmt.Sprintf(`{"cartId":"cart-%s","items":[{"productId":"mug","quantity":%d}]}`, c.id, c.quantity)
	path, header := "/", map[string]string{}
	switch c.by {
	case testbed.PlainHTTP:
		path, header["Content-Type"], header["Idempotency-Key"] = "/reservations", "application/json", c.id
	case testbed.StructuredMode:
		header["Content-Type"] = "application/cloudevents+json"
		data = fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"urn:shop","type":%q,"data":%s}`, c.id, events.TypeReserve, data)
	default:
		header["Content-Type"], header["ce-specversion"] = "application/json", "1.0"
		header["ce-id"], header["ce-source"], header["ce-type"] = c.id, "urn:shop", events.TypeReserve
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, bridge+path, strings.NewReader(data))
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	return request, nil
}
