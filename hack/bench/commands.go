package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// commandSource is the source of the commands.
const commandSource = "/bench"

// commands are clients that send CloudEvents over HTTP and take the outcome from the
// reply: the same for the bridge and for whatever is measured beside it.
type commands struct {
	client *http.Client
	url    string
}

func newCommands() commands {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxIdleConns = 1024, 1024
	return commands{client: &http.Client{Transport: transport}}
}

// reserve sends the cart in binary mode.
func (c *commands) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	kind, data, err := c.send(ctx, events.TypeReserve, id, newCommand(id, items))
	if err != nil {
		return "", false, err
	}
	var outcome struct {
		ReservationID string `json:"reservationId"`
	}
	if err := json.Unmarshal(data, &outcome); err != nil {
		return "", false, fmt.Errorf("outcome %s: %w", data, err)
	}
	return outcome.ReservationID, kind == events.TypeReserved, nil
}

// newCommand asks for a cart.
func newCommand(id string, items []v1.ReservationItem) *events.ReserveInventory {
	return &events.ReserveInventory{CartID: id, Items: lines(items)}
}

// lines are items as the messages have them.
func lines(items []v1.ReservationItem) []events.Item {
	all := make([]events.Item, 0, len(items))
	for _, i := range items {
		all = append(all, events.Item{ProductID: i.ProductID, Quantity: i.Quantity})
	}
	return all
}

func (c *commands) release(ctx context.Context, reservation string) error {
	_, _, err := c.send(ctx, events.TypeRelease, "release-"+reservation, events.ReleaseInventory{ReservationID: reservation})
	return err
}

// repeatAfter is the pause before a command is repeated.
const repeatAfter = 50 * time.Millisecond

// errUnanswered says that a command had no outcome for as long as anybody is patient.
var errUnanswered = errors.New("a command has no outcome")

// send posts a command and returns the type and the data of the reply. As any client
// would, it repeats the command, under the same id, while the answer is that the outcome
// takes longer: a slow machine is no failure.
func (c *commands) send(ctx context.Context, kind, id string, payload any) (string, []byte, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return "", nil, err
	}
	for deadline := time.Now().Add(patience); ; {
		told, answer, status, err := c.post(ctx, kind, id, body)
		switch {
		case err != nil:
			return "", nil, err
		case status == http.StatusOK:
			return told, answer, nil
		case status == http.StatusServiceUnavailable && time.Now().After(deadline):
			return "", nil, fmt.Errorf("%w: %s", errUnanswered, answer)
		case status != http.StatusServiceUnavailable:
			return "", nil, fmt.Errorf("a command was answered with %d %s: %s", status, http.StatusText(status), answer)
		}
		if err := pause(ctx, repeatAfter); err != nil {
			return "", nil, err
		}
	}
}

// post sends a command once.
func (c *commands) post(ctx context.Context, kind, id string, body []byte) (told string, answer []byte, status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return "", nil, 0, err
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Type": kind, "Ce-Source": commandSource, "Ce-Id": id,
	} {
		request.Header.Set(name, value)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return "", nil, 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(response.Body)
	return response.Header.Get("Ce-Type"), answer, response.StatusCode, err
}
