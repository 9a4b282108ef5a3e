package webhook

import (
	"context"
	"net/http"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// postReservation is Reserve Inventory over plain HTTP.
func (b *bridge) postReservation(x *exchange, r *http.Request) error {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	id, err := plainIdentity(x, r.Header)
	if err != nil {
		return err
	}
	body, err := readJSON(x, r)
	if err != nil {
		return err
	}
	command, err := b.decode.Reserve(body)
	if err != nil {
		return err
	}
	if dry, err := dryRun(r); err != nil || dry {
		return b.answerCheck(x, r, namespace, command, err)
	}
	carried, _ := x.carryTrace(nil)
	reservation, err := b.reserve(r.Context(), x, namespace, reserveCommand{id: id, payload: command, extensions: carried})
	if err != nil {
		return err
	}
	return writeOutcome(x, reservation)
}

// postRelease is Release Inventory over plain HTTP.
func (b *bridge) postRelease(x *exchange, r *http.Request) error {
	return postChange(b, x, r, b.decode.ReleaseOf, b.release, events.Released)
}

// postConsume is Consume Inventory over plain HTTP.
func (b *bridge) postConsume(x *exchange, r *http.Request) error {
	return postChange(b, x, r, b.decode.ConsumeOf, b.consume, events.Consumed)
}

// postChange carries out a command to the Reservation that the path names, and
// shows what became of it. The body may be empty.
func postChange[C, A any](
	b *bridge, x *exchange, r *http.Request,
	decode func(reservationID string, data []byte) (C, error),
	carryOut func(ctx context.Context, x *exchange, namespace string, command C) (*v1.Reservation, error),
	show func(*v1.Reservation) A,
) error {
	namespace, id, err := b.reservationID(x, r)
	if err != nil {
		return err
	}
	body, err := readJSON(x, r)
	if err != nil {
		return err
	}
	command, err := decode(id, body)
	if err != nil {
		return err
	}
	reservation, err := carryOut(r.Context(), x, namespace, command)
	if err != nil {
		return err
	}
	if x.prefers.async {
		x.accept(x.location(reservation.ReservationID()))
		return nil
	}
	return writeJSON(x, show(reservation))
}

// getReservation shows one Reservation.
func (b *bridge) getReservation(x *exchange, r *http.Request) error {
	namespace, id, err := b.reservationID(x, r)
	if err != nil {
		return err
	}
	reservation, err := b.lookUp(r.Context(), x, namespace, id)
	if err != nil {
		return err
	}
	shown := newReservationView(reservation)
	shown.Archived = x.archived
	return writeTagged(x, r, shown)
}

// answerCheck answers whether a cart would fit, unless the question is wrong.
func (b *bridge) answerCheck(x *exchange, r *http.Request, namespace string, command *events.ReserveInventory, err error) error {
	if err != nil {
		return err
	}
	x.operation = operationCheck
	checked, err := b.check(r.Context(), x, namespace, command)
	if err != nil {
		return err
	}
	return writeJSON(x, checked)
}

// reservationID is the reservation that the path names. A text that none can have names
// none.
func (b *bridge) reservationID(x *exchange, r *http.Request) (namespace, id string, err error) {
	if namespace, err = b.namespace(x, r); err != nil {
		return "", "", err
	}
	if id = v1.CanonicalID(r.PathValue("reservation")); !events.IsReservationID(id) {
		return "", "", fail(notFound, "there is no reservation %q", clip(id, 100))
	}
	return namespace, id, nil
}

// readJSON reads a body that does not say it is something else. An empty body
// needs no media type.
func readJSON(x *exchange, r *http.Request) ([]byte, error) {
	body, err := readBody(x, r)
	if err != nil || len(body) == 0 {
		return body, err
	}
	return body, requireJSON(r)
}
