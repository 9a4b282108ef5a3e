package controllers

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/events"

	v1 "github.com/acme/inventory-service/api/v1"
)

// eventsBy names who records Events of StockItems.
const eventsBy = "inventory-operator"

// reasonTookOver is the reason of the Event that says that a StockItem took over.
const reasonTookOver = "TookOver"

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// tellTurn records an Event where a status that was written shows first that the item waits,
// or that it took over. It does not wait until the Event is stored: the status
// says as much.
func tellTurn(to events.EventRecorder, item *v1.StockItem, written *v1.StockItemStatus) {
	before, now := readyReason(&item.Status), readyReason(written)
	switch {
	case now == v1.ReasonTakeOverUnconfirmed && before != now:
		ready := meta.FindStatusCondition(written.Conditions, v1.ConditionReady)
		to.Eventf(item, nil, corev1.EventTypeWarning, now, "Wait", "%s", ready.Message)
	case notServing(before) && !notServing(now) && now != v1.ReasonInvalidID:
		to.Eventf(item, nil, corev1.EventTypeNormal, reasonTookOver, "TakeOver",
			"serves product %s at location %s with %d received, in place of a StockItem that is gone",
			item.Spec.ProductID, item.Spec.LocationID, item.Spec.Received)
	}
}

func readyReason(s *v1.StockItemStatus) string {
	if ready := meta.FindStatusCondition(s.Conditions, v1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}

func notServing(reason string) bool {
	return reason == v1.ReasonDuplicateStockItem || reason == v1.ReasonTakeOverUnconfirmed
}
