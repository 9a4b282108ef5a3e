package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// commandSource is the source of the commands.
const commandSource = "/bench"

// bridged is ours with carts sent as CloudEvents through the bridge.
type bridged struct {
	*ours
	http *http.Client
}

func newBridged(o *ours) *bridged {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 1024
	return &bridged{ours: o, http: &http.Client{Transport: transport}}
}

func (*bridged) name() string { return "bridge" }

func (*bridged) begin(context.Context) error { return nil }
func (*bridged) end()                        {}

// reserve sends the cart in binary mode and takes the outcome from the reply.
func (b *bridged) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	kind, data, err := b.send(ctx, events.TypeReserve, id, newCommand(id, items))
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
	command := &events.ReserveInventory{CartID: id, Items: make([]events.Item, 0, len(items))}
	for _, i := range items {
		command.Items = append(command.Items, events.Item{ProductID: i.ProductID, Quantity: i.Quantity})
	}
	return command
}

func (b *bridged) release(ctx context.Context, reservation string) error {
	_, _, err := b.send(ctx, events.TypeRelease, "release-"+reservation, events.ReleaseInventory{ReservationID: reservation})
	return err
}

// send posts a command and returns the type and the data of the reply.
func (b *bridged) send(ctx context.Context, kind, id string, payload any) (string, []byte, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return "", nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.bridge, bytes.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Type": kind, "Ce-Source": commandSource, "Ce-Id": id,
	} {
		request.Header.Set(name, value)
	}
	response, err := b.http.Do(request)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the bridge answered %s: %s", response.Status, answer)
	}
	return response.Header.Get("Ce-Type"), answer, err
}
