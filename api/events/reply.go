package events

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// ReleaseReasons are the reasons of the published contract.
func ReleaseReasons() []v1.ReleaseReason {
	return []v1.ReleaseReason{v1.ReleaseCheckoutFailed, v1.ReleaseOrderCancelled, v1.ReleaseExpired}
}

// Released tells where a Reservation stands after a release, in any phase but
// Pending.
func Released(r *v1.Reservation) InventoryReleased {
	released := InventoryReleased{
		ReservationID: r.ReservationID(),
		Name:          r.GivenName(),
		CartID:        r.Spec.CartID,
		OrderID:       orderID(r),
		Phase:         r.CurrentPhase(),
	}
	if released.Phase == v1.PhaseReserved || released.Phase == v1.PhaseConsumed {
		released.Items = settledItems(r)
	}
	if released.Phase == v1.PhaseReleased || released.Phase == v1.PhaseConsumed {
		released.Reason, released.ReleasedAt = releaseReason(r), completedAt(r)
	} else {
		released.ExpiresAt = wholeSeconds(r.Status.ExpiresAt)
	}
	released.ReplacedBy = r.Status.ReplacedBy
	return released
}

// Consumed tells where a Reservation stands after a consume. The caller has made
// sure that its phase is Consumed or Reserved.
func Consumed(r *v1.Reservation) InventoryConsumed {
	consumed := InventoryConsumed{
		ReservationID: r.ReservationID(),
		Name:          r.GivenName(),
		CartID:        r.Spec.CartID,
		OrderID:       orderID(r),
		Phase:         r.CurrentPhase(),
		Items:         settledItems(r),
	}
	if consumed.Phase == v1.PhaseConsumed {
		consumed.ConsumedAt = completedAt(r)
	} else {
		consumed.ExpiresAt = wholeSeconds(r.Status.ExpiresAt)
	}
	return consumed
}

// orderID is the order as it was at the decision, or as it was set later.
func orderID(r *v1.Reservation) string {
	if r.Status.OrderID != "" {
		return r.Status.OrderID
	}
	return r.Spec.OrderID
}

// completedAt is when the Reservation ended, as the API server keeps it: in
// whole seconds.
func completedAt(r *v1.Reservation) *metav1.Time {
	complete := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionComplete)
	if complete == nil {
		return nil
	}
	return wholeSeconds(&complete.LastTransitionTime)
}

func settledItems(r *v1.Reservation) []SettledItem {
	items := make([]SettledItem, 0, len(r.Status.Allocations))
	for _, a := range r.Status.Allocations {
		items = append(items, SettledItem{
			ProductID: a.ProductID, LocationID: a.LocationID,
			Quantity: a.Quantity, Consumed: a.Consumed, Released: a.Released,
		})
	}
	return items
}

// releaseReason is what the operator wrote, which knows of expiry, else what the
// owner gave. A reason outside of the contract, such as a deletion, is left out.
func releaseReason(r *v1.Reservation) v1.ReleaseReason {
	if reason := v1.ReleaseReason(r.Status.Reason); slices.Contains(ReleaseReasons(), reason) {
		return reason
	}
	return r.Spec.ReleaseReason
}

// ReleasedReply is the event that answers a release. The same condition as for
// Released holds.
func ReleasedReply(r *v1.Reservation) cloudevents.Event {
	released := Released(r)
	return settledReply(r, TypeReleased, "released", released, released.ReleasedAt)
}

// ConsumedReply is the event that answers a consume. The same condition as for
// Consumed holds.
func ConsumedReply(r *v1.Reservation) cloudevents.Event {
	consumed := Consumed(r)
	return settledReply(r, TypeConsumed, "consumed", consumed, consumed.ConsumedAt)
}

// Ended is the event that tells a sink that nothing of a Reservation is held any more: released,
// or consumed where some of it was shipped. False where it has not ended, or held nothing.
//
// Its id is that of the outcome's event with another suffix. It reads only what is frozen at
// the end, so it makes the same event, byte for byte, whatever becomes of the Reservation later:
// an order that was named after the decision is not told.
func Ended(r *v1.Reservation) (cloudevents.Event, bool) {
	frozen := r.DeepCopy()
	frozen.Spec.OrderID = "" // whose order was known at the decision has it in its status
	var event cloudevents.Event
	switch r.CurrentPhase() {
	case v1.PhaseReleased:
		event = ReleasedReply(frozen)
	case v1.PhaseConsumed:
		event = ConsumedReply(frozen)
	default:
		return event, false
	}
	carryOn(&event, r)
	return event, true
}

// settledReply makes the event that says what became of a Reservation's units.
// Its id begins as that of the outcome's event, or with the object's uid where there
// is no outcome. While some are held, it counts those that are not: they only grow,
// so one id always comes with one account of them.
func settledReply(r *v1.Reservation, eventType, suffix string, payload any, at *metav1.Time) cloudevents.Event {
	id := cmp.Or(r.Status.OutcomeID, string(r.UID)) + "." + suffix
	if r.CurrentPhase() == v1.PhaseReserved {
		var consumed, released int64
		for _, a := range r.Status.Allocations {
			consumed += a.Consumed
			released += a.Released
		}
		id = fmt.Sprintf("%s.%d.%d", id, consumed, released)
	}
	event := newEvent(eventType, ReservationSource(r.Namespace), id, r.ReservationID())
	if at != nil {
		event.SetTime(at.Time)
	}
	setData(&event, payload)
	return event
}

// Extended tells until when a Reservation is held.
func Extended(r *v1.Reservation) ReservationExtended {
	return ReservationExtended{
		ReservationID: r.ReservationID(), Name: r.GivenName(), CartID: r.Spec.CartID, OrderID: orderID(r),
		Phase: r.CurrentPhase(), ExpiresAt: wholeSeconds(r.Status.ExpiresAt),
	}
}

// Attached tells which order a Reservation belongs to.
func Attached(r *v1.Reservation) OrderAttached {
	return OrderAttached{
		ReservationID: r.ReservationID(), Name: r.GivenName(), CartID: r.Spec.CartID, OrderID: orderID(r), Phase: r.CurrentPhase(),
	}
}

// Settled tells where a Reservation of an order stands, and why nothing was done with it.
func Settled(r *v1.Reservation, problem string) ReservationSettled {
	return ReservationSettled{
		ReservationID: r.ReservationID(), Name: r.GivenName(), CartID: r.Spec.CartID, Phase: r.CurrentPhase(),
		Items: settledItems(r), Problem: problem,
	}
}

// Reply is an event that answers a message about Reservations. The id must be unique within
// the namespace.
func Reply(namespace, eventType, id, subject string, payload any) cloudevents.Event {
	event := newEvent(eventType, ReservationSource(namespace), id, subject)
	setData(&event, payload)
	return event
}

// Failed is the event that tells why an event of a batch, of this source and id as far as
// they are known, can never be carried out: its data is a problem document (RFC 9457). The id
// must be unique within the namespace.
func Failed(namespace, id, causationSource, causationID string, problem []byte) cloudevents.Event {
	event := newEvent(TypeFailed, ReservationSource(namespace), id, "")
	setCause(&event, causationSource, causationID)
	setData(&event, json.RawMessage(problem))
	return event
}

// StockLevelsReply is StockLevelReply for several products.
func StockLevelsReply(namespace, id string, levels StockLevels) cloudevents.Event {
	event := newEvent(TypeStockLevels, StockSource(namespace), id, "")
	setData(&event, levels)
	return event
}

// StockLevelReply is the event that answers a question for a stock level. The id
// must be unique to the question within the namespace.
func StockLevelReply(namespace, id string, level StockLevel) cloudevents.Event {
	event := newEvent(TypeStockLevel, StockSource(namespace), id, level.ProductID)
	setData(&event, level)
	return event
}
