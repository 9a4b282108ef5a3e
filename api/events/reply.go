package events

import (
	"slices"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// ReleaseReasons are the reasons of the published contract.
func ReleaseReasons() []v1.ReleaseReason {
	return []v1.ReleaseReason{v1.ReleaseCheckoutFailed, v1.ReleaseOrderCancelled, v1.ReleaseExpired}
}

// Released tells where a Reservation stands after a release. The caller has made
// sure that its phase is Released or Unavailable.
func Released(r *v1.Reservation) InventoryReleased {
	released := InventoryReleased{
		ReservationID: r.Name,
		CartID:        r.Spec.CartID,
		OrderID:       r.Status.OrderID,
		Phase:         r.CurrentPhase(),
	}
	if released.OrderID == "" {
		released.OrderID = r.Spec.OrderID
	}
	if released.Phase != v1.PhaseReleased {
		return released
	}
	released.Reason = releaseReason(r)
	if complete := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionComplete); complete != nil {
		at := metav1.NewTime(complete.LastTransitionTime.UTC().Truncate(time.Second)) // as the API server keeps it
		released.ReleasedAt = &at
	}
	return released
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
	event := newEvent(TypeReleased, ReservationSource(r.Namespace), string(r.UID)+".released", r.Name)
	released := Released(r)
	if released.ReleasedAt != nil {
		event.SetTime(released.ReleasedAt.Time)
	}
	setData(&event, released)
	return event
}

// StockLevelReply is the event that answers a question for a stock level. The id
// must be unique to the question within the namespace.
func StockLevelReply(namespace, id string, level StockLevel) cloudevents.Event {
	event := newEvent(TypeStockLevel, StockSource(namespace), id, level.ProductID)
	setData(&event, level)
	return event
}
