package events

import (
	"cmp"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Outcome is the event that tells a Reservation's outcome; false while there is
// none, and for good where the Reservation was released before it was decided.
//
// It carries the extensions of the command on, and names it by causationid and
// causationsource. Its partitionkey is the command's, or the cart.
//
// It reads only what is frozen once the outcome is written, so it makes the same
// event, byte for byte, whatever becomes of the Reservation later: released,
// consumed, deleted, or given an order id. It does not change r.
func Outcome(r *v1.Reservation) (cloudevents.Event, bool) {
	if !r.Decided() {
		return cloudevents.Event{}, false
	}
	eventType, suffix, payload := TypeUnavailable, ".unavailable", any(unavailable(r))
	if r.WasReserved() {
		eventType, suffix, payload = TypeReserved, ".reserved", any(reserved(r))
	}
	event := newEvent(eventType, ReservationSource(r.Namespace), r.Status.OutcomeID+suffix, r.ReservationID())
	event.SetTime(instant(*r.Status.DecidedAt).Time)
	setData(&event, payload)
	carryOn(&event, r)
	return event, true
}

func reserved(r *v1.Reservation) InventoryReserved {
	items := make([]Item, 0, len(r.Spec.Items))
	for _, item := range r.Spec.Items {
		items = append(items, Item{ProductID: item.ProductID, Quantity: item.Quantity})
	}
	return InventoryReserved{
		ReservationID: r.ReservationID(),
		Name:          r.GivenName(),
		OrderID:       r.Status.OrderID,
		CartID:        r.Spec.CartID,
		Items:         items,
		ReservedAt:    instant(*r.Status.ReservedAt),
		ExpiresAt:     wholeSeconds(cmp.Or(r.Status.FirstExpiresAt, r.Status.ExpiresAt)),
		Replaces:      r.Status.Replaces,
	}
}

func unavailable(r *v1.Reservation) InventoryUnavailable {
	items := make([]UnavailableItem, 0, len(r.Status.UnavailableItems))
	for _, item := range r.Status.UnavailableItems {
		items = append(items, UnavailableItem{
			ProductID: item.ProductID, Requested: item.Requested, Available: item.Available,
		})
	}
	return InventoryUnavailable{
		OrderID:          r.Status.OrderID,
		CartID:           r.Spec.CartID,
		UnavailableItems: items,
		CheckedAt:        instant(*r.Status.DecidedAt),
	}
}

// wholeSeconds is a time as the API server keeps it: UTC, in whole seconds.
func wholeSeconds(t *metav1.Time) *metav1.Time {
	if t == nil {
		return nil
	}
	at := metav1.NewTime(t.UTC().Truncate(time.Second))
	return &at
}

// instant is t as the API server keeps it: UTC, in whole microseconds. A time
// that has not been through the API server yet may be finer.
func instant(t metav1.MicroTime) metav1.MicroTime {
	return metav1.NewMicroTime(t.UTC().Truncate(time.Microsecond))
}
