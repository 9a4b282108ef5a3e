package webhook

import (
	"context"
	"errors"
	"net/http"

	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// postReservation is Reserve Inventory over plain HTTP.
func (b *bridge) postReservation(x *exchange, r *http.Request) error {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	id, err := plainIdentity(r.Header)
	if err != nil {
		return err
	}
	body, err := readJSON(x, r)
	if err != nil {
		return err
	}
	command, err := events.DecodeReserve(body)
	if err != nil {
		return err
	}
	reservation, err := b.reserve(r.Context(), newReservation(namespace, id, command))
	if err != nil {
		return located(err, r)
	}
	return writeOutcome(x, r, reservation)
}

// postRelease is Release Inventory over plain HTTP.
func (b *bridge) postRelease(x *exchange, r *http.Request) error {
	return postChange(b, x, r, events.DecodeReleaseOf, b.release, events.Released)
}

// postConsume is Consume Inventory over plain HTTP.
func (b *bridge) postConsume(x *exchange, r *http.Request) error {
	return postChange(b, x, r, events.DecodeConsumeOf, b.consume, events.Consumed)
}

// postChange carries out a command to the Reservation that the path names, and
// shows what became of it. The body may be empty.
func postChange[C, A any](
	b *bridge, x *exchange, r *http.Request,
	decode func(reservationID string, data []byte) (C, error),
	carryOut func(ctx context.Context, namespace string, command C) (*v1.Reservation, error),
	show func(*v1.Reservation) A,
) error {
	key, err := b.reservationKey(x, r)
	if err != nil {
		return err
	}
	body, err := readJSON(x, r)
	if err != nil {
		return err
	}
	command, err := decode(key.Name, body)
	if err != nil {
		return err
	}
	reservation, err := carryOut(r.Context(), key.Namespace, command)
	if err != nil {
		return located(err, r)
	}
	return writeJSON(x, show(reservation))
}

// getReservation shows one Reservation.
func (b *bridge) getReservation(x *exchange, r *http.Request) error {
	key, err := b.reservationKey(x, r)
	if err != nil {
		return err
	}
	reservation, err := b.lookUp(r.Context(), key)
	if err != nil {
		return err
	}
	return writeJSON(x, newReservationView(reservation))
}

// getStock is Get Stock Level over plain HTTP.
func (b *bridge) getStock(x *exchange, r *http.Request) error {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	productID := r.PathValue("product")
	if !events.IsID(productID) {
		return events.Invalid("productId", "must be 1 to %d printable ASCII characters", v1.MaxIDLength)
	}
	level, err := b.stockLevel(namespace, productID)
	if err != nil {
		return err
	}
	return writeJSON(x, level)
}

// reservationKey is the Reservation that the path names. A name that none can
// have names none.
func (b *bridge) reservationKey(x *exchange, r *http.Request) (types.NamespacedName, error) {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return types.NamespacedName{}, err
	}
	name := r.PathValue("reservation")
	if !events.IsReservationID(name) {
		return types.NamespacedName{}, fail(notFound, "there is no reservation %q", clip(name, 100))
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, nil
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

// located says where to ask for a Reservation that is not decided yet.
func located(err error, r *http.Request) error {
	if pending := (*undecidedError)(nil); errors.As(err, &pending) {
		pending.location = location(r, pending.reservation.Name)
	}
	return err
}
