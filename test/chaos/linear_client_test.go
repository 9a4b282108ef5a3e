package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"time"

	"github.com/acme/inventory-service/test/linear"
)

// answerTime is how long a client of a history waits for an answer.
const answerTime = 5 * time.Second

// positionHeader tells, with an answer, how much of the journal it includes, and with a
// question how much it has to.
const positionHeader = "Inventory-Position"

// linearAnswer is all that the bridge may say to a client of a history.
type linearAnswer struct {
	Type                string
	ReservationID       string
	Phase, Intent       string
	Available, Reserved int64
	ReservedAt          time.Time
	CheckedAt           time.Time
	UnavailableItems    []struct {
		ProductID string
		Available int64
	}
	Allocations []linearAllocation
	// position is how much of the journal the answer includes.
	position string
}

type linearAllocation struct {
	ProductID string
	Consumed  int64
}

// linearCall asks the bridge once, over plain HTTP. An error means that nothing
// was told.
//
// position is what the client has seen of the journal: the answer has to include it.
func linearCall(ctx context.Context, method, url, key, position string, payload any) (code int, told linearAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	body := []byte(nil)
	if payload != nil {
		if body, err = json.Marshal(payload); err != nil {
			return 0, told, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, told, err
	}
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	if position != "" {
		request.Header.Set(positionHeader, position)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, told, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, told, err
	}
	told.position = response.Header.Get(positionHeader)
	if err := json.Unmarshal(text, &told); err != nil {
		return 0, told, fmt.Errorf("%d %s: %w", response.StatusCode, text, err)
	}
	return response.StatusCode, told, nil
}

// errNotInContract says that the bridge answered what it never should.
var errNotInContract = errors.New("this answer is not in the contract")

// output is what an answer says in the terms of the model.
func (r *linearRound) output(kind linear.Kind, code int, told linearAnswer) (linear.Output, error) {
	out := linear.Output{Answer: linear.Unknown, Phase: told.Phase, Intent: told.Intent, Available: told.Available, Reserved: told.Reserved}
	problem := path.Base(told.Type)
	switch {
	case code == http.StatusOK, code == http.StatusCreated && kind == linear.Reserve:
		out.Answer = linear.Done
		if kind == linear.Reserve {
			out.Decided = r.history.Since(told.ReservedAt)
		}
		for _, a := range told.Allocations {
			out.Shipped[r.product(a.ProductID)] += int8(a.Consumed)
		}
	case code == http.StatusConflict && problem == "inventory-unavailable" && kind == linear.Reserve:
		out.Answer, out.Short = linear.Unavailable, linear.Units{-1, -1, -1}
		out.Decided = r.history.Since(told.CheckedAt)
		for _, item := range told.UnavailableItems {
			out.Short[r.product(item.ProductID)] = int8(item.Available)
		}
	case code == http.StatusConflict && problem == "withdrawn" && kind == linear.Reserve:
		out.Answer = linear.Withdrawn
	case code == http.StatusConflict && problem == "not-reserved" && (kind == linear.Consume || kind == linear.Ship):
		out.Answer = linear.NotReserved
	case code == http.StatusConflict && problem == "consumed" && kind == linear.Release:
		out.Answer = linear.Consumed
	case code == http.StatusBadRequest && problem == "more-than-reserved" && kind == linear.Ship:
		out.Answer = linear.TooMany
	case code == http.StatusNotFound && kind == linear.Look:
		out.Answer = linear.Missing
	case code == http.StatusAccepted || code == http.StatusServiceUnavailable:
	default:
		return out, fmt.Errorf("%s: %d %s: %w", kind, code, told.Type, errNotInContract)
	}
	return out, nil
}

// product is the number of a product of the round.
func (r *linearRound) product(id string) int { return slices.Index(r.products, id) }
