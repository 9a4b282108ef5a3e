package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/hack/bench/pgstock"
)

// decider decides carts.
type decider interface {
	// Reserve returns when the outcome is durable. id is a UUID.
	Reserve(ctx context.Context, id string, items []events.Item) (reserved bool, err error)
	// Release gives the units of a reservation back.
	Release(ctx context.Context, id string) error
}

// handler takes commands as CloudEvents in binary mode.
type handler struct{ decider decider }

// maxCommand bounds the body of a command, in bytes.
const maxCommand = 64 << 10

func (h *handler) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxCommand))
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	switch kind := r.Header.Get("Ce-Type"); kind {
	case events.TypeReserve:
		h.reserve(rw, r, body)
	case events.TypeRelease:
		h.release(rw, r, body)
	default:
		http.Error(rw, "unknown type of command: "+kind, http.StatusBadRequest)
	}
}

// reserve answers with the outcome. A cart's reservation has its id.
func (h *handler) reserve(rw http.ResponseWriter, r *http.Request, body []byte) {
	var command events.ReserveInventory
	if err := json.Unmarshal(body, &command); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	reserved, err := h.decider.Reserve(r.Context(), command.CartID, command.Items)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	if reserved {
		reply(rw, events.TypeReserved, command.CartID, pgstock.Reserved(command.CartID, command.Items))
		return
	}
	reply(rw, events.TypeUnavailable, command.CartID, pgstock.Unavailable(command.CartID, command.Items))
}

func (h *handler) release(rw http.ResponseWriter, r *http.Request, body []byte) {
	var command events.ReleaseInventory
	if err := json.Unmarshal(body, &command); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	if err := h.decider.Release(r.Context(), command.ReservationID); err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(rw, events.TypeReleased, command.ReservationID, command)
}

// source is that of what the server tells.
const source = "/pgserver"

// reply answers with an event. The client is gone if that fails.
func reply(rw http.ResponseWriter, kind, id string, payload any) {
	text, err := json.Marshal(payload)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	header := rw.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Ce-Specversion", "1.0")
	header.Set("Ce-Type", kind)
	header.Set("Ce-Source", source)
	header.Set("Ce-Id", id)
	_, _ = rw.Write(text)
}
