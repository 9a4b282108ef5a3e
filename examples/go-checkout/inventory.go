package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/acme/inventory-service/api/events"
)

// source says who sends the commands. With the id it is what makes two commands the same.
const source = "/examples/go-checkout"

// A command that could not be decided in time, or got no answer, is sent again after a pause that
// doubles from firstPause to maxPause, or longer where the bridge says so.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 5 * time.Second
)

// Inventory sends commands to the Inventory Service as CloudEvents.
type Inventory struct {
	// bridge is the URL that takes them.
	bridge string
}

// Reserve holds all items of a cart, or tells which are short.
func (i *Inventory) Reserve(ctx context.Context, cart string, items []events.Item) (*events.InventoryReserved, *events.InventoryUnavailable, error) {
	answer, err := i.ask(ctx, events.TypeReserve, cart+".reserve", events.ReserveInventory{CartID: cart, Items: items})
	if err != nil {
		return nil, nil, err
	}
	switch answer.Type() {
	case events.TypeReserved:
		reserved := &events.InventoryReserved{}
		return reserved, nil, answer.DataAs(reserved)
	case events.TypeUnavailable:
		short := &events.InventoryUnavailable{}
		return nil, short, answer.DataAs(short)
	default:
		return nil, nil, fmt.Errorf("the answer is a %s", answer.Type())
	}
}

// Release gives back what a reservation holds.
func (i *Inventory) Release(ctx context.Context, reservation, cart string) error {
	_, err := i.ask(ctx, events.TypeRelease, cart+".release", map[string]string{"reservationId": reservation, "reason": "CHECKOUT_FAILED"})
	return err
}

// Consume takes what a reservation holds out of stock for good.
func (i *Inventory) Consume(ctx context.Context, reservation, cart string) error {
	_, err := i.ask(ctx, events.TypeConsume, cart+".consume", map[string]string{"reservationId": reservation})
	return err
}

// ask sends a command until it is answered. It goes out unchanged each time, so however often
// it arrives, it is carried out once.
func (i *Inventory) ask(ctx context.Context, eventType, id string, data any) (*cloudevents.Event, error) {
	command := cloudevents.NewEvent()
	command.SetType(eventType)
	command.SetSource(source)
	command.SetID(id)
	command.SetTime(time.Now())
	if err := command.SetData(cloudevents.ApplicationJSON, data); err != nil {
		return nil, fmt.Errorf("write the command: %w", err)
	}
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		answer, wait, err := i.try(ctx, command)
		if !errors.Is(err, errTryAgain) {
			return answer, err
		}
		select {
		case <-time.After(max(pause, wait)):
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), err)
		}
	}
}

// errTryAgain says that the same command may succeed later.
var errTryAgain = errors.New("try again")

// try sends a command once. It wraps errTryAgain where that may succeed later, after a pause.
//
// It does not use the SDK's client, which takes an answer that is no event for a success and keeps
// what the bridge says is wrong to itself.
func (i *Inventory) try(ctx context.Context, command cloudevents.Event) (answer *cloudevents.Event, wait time.Duration, err error) {
	request, err := cehttp.NewHTTPRequestFromEvent(ctx, i.bridge, command)
	if err != nil {
		return nil, 0, fmt.Errorf("write the request: %w", err)
	}
	// The outcome comes with the answer, also where it goes to a sink, too.
	request.Header.Set("Prefer", "return=representation")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: no answer: %w", errTryAgain, err)
	}
	defer func() { _ = response.Body.Close() }() // it was read, or is of no use
	switch code := response.StatusCode; {
	case code == http.StatusOK:
		answer, err = cehttp.NewEventFromHTTPResponse(response)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: the answer broke off: %w", errTryAgain, err)
		}
		return answer, 0, nil
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return nil, time.Duration(seconds) * time.Second, fmt.Errorf("%w: %w", errTryAgain, problem(response))
	default:
		return nil, 0, problem(response)
	}
}

// maxProblem bounds what is read of a problem document, in bytes.
const maxProblem = 64 << 10

// problem is what the bridge says is wrong.
func problem(response *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if err != nil {
		text = []byte(err.Error())
	}
	return fmt.Errorf("the inventory answers %s: %s", response.Status, text)
}
