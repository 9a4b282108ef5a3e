package webhook

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// reservationView is one Reservation as plain HTTP shows it.
type reservationView struct {
	ReservationID    string                   `json:"reservationId"`
	Name             string                   `json:"name,omitempty"`
	Phase            v1.Phase                 `json:"phase"`
	Reason           string                   `json:"reason,omitempty"`
	CartID           string                   `json:"cartId"`
	CustomerID       string                   `json:"customerId,omitempty"`
	OrderID          string                   `json:"orderId,omitempty"`
	Items            []events.Item            `json:"items"`
	Allocations      []allocationView         `json:"allocations,omitempty"`
	UnavailableItems []events.UnavailableItem `json:"unavailableItems,omitempty"`
	DecidedAt        *metav1.MicroTime        `json:"decidedAt,omitempty"`
	ReservedAt       *metav1.MicroTime        `json:"reservedAt,omitempty"`
	ExpiresAt        *metav1.Time             `json:"expiresAt,omitempty"`
	EndedAt          *metav1.Time             `json:"endedAt,omitempty"`
	Replaces         string                   `json:"replaces,omitempty"`
	ReplacedBy       string                   `json:"replacedBy,omitempty"`
	Intent           v1.Intent                `json:"intent"`
	ReleaseReason    v1.ReleaseReason         `json:"releaseReason,omitempty"`
	RequestedBy      string                   `json:"requestedBy,omitempty"`
	ReleasedBy       string                   `json:"releasedBy,omitempty"`
	ConsumedBy       string                   `json:"consumedBy,omitempty"`
	// Archived says that it is told by the archive: the journal has forgotten it.
	Archived bool `json:"archived,omitempty"`
}

type allocationView struct {
	LocationID string `json:"locationId"`
	ProductID  string `json:"productId"`
	Quantity   int64  `json:"quantity"`
	Consumed   int64  `json:"consumed"`
	Released   int64  `json:"released"`
}

func newReservationView(r *v1.Reservation) reservationView {
	view := reservationView{
		ReservationID: r.ReservationID(),
		Name:          r.GivenName(),
		Phase:         r.CurrentPhase(),
		Reason:        r.Status.Reason,
		CartID:        r.Spec.CartID,
		CustomerID:    r.Spec.CustomerID,
		OrderID:       r.Spec.OrderID,
		DecidedAt:     r.Status.DecidedAt,
		ReservedAt:    r.Status.ReservedAt,
		ExpiresAt:     r.Status.ExpiresAt,
		Replaces:      r.Status.Replaces,
		ReplacedBy:    r.Status.ReplacedBy,
		Intent:        r.Spec.Intent,
		ReleaseReason: r.Spec.ReleaseReason,
		RequestedBy:   r.Status.RequestedBy,
		ReleasedBy:    r.Status.ReleasedBy,
		ConsumedBy:    r.Status.ConsumedBy,
	}
	if complete := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionComplete); complete != nil && r.WasReserved() {
		view.EndedAt = &complete.LastTransitionTime
	}
	for _, item := range r.Spec.Items {
		view.Items = append(view.Items, events.Item{ProductID: item.ProductID, Quantity: item.Quantity})
	}
	for _, a := range r.Status.Allocations {
		view.Allocations = append(view.Allocations, allocationView{
			LocationID: a.LocationID, ProductID: a.ProductID, Quantity: a.Quantity, Consumed: a.Consumed, Released: a.Released,
		})
	}
	for _, item := range r.Status.UnavailableItems {
		view.UnavailableItems = append(view.UnavailableItems, events.UnavailableItem{
			ProductID: item.ProductID, Requested: item.Requested, Available: item.Available,
		})
	}
	return view
}
