package auditor

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// compareReservation compares a Reservation's status with what the journal says. The
// condition Delivered is not the journal's.
func compareReservation(c *comparison, r *stock.Reservation, shown *v1.Reservation) {
	var want v1.Reservation
	view.Show(&want, r)
	compareStatus(c, &want.Status, &shown.Status)
}

func compareStatus(c *comparison, is, was *v1.ReservationStatus) {
	figure(c, "phase", string(is.Phase), string(was.Phase))
	figure(c, "reason", is.Reason, was.Reason)
	figure(c, "units", is.Units, was.Units)
	figure(c, "orderID", is.OrderID, was.OrderID)
	figure(c, "outcomeID", is.OutcomeID, was.OutcomeID)
	figure(c, "requestedBy", is.RequestedBy, was.RequestedBy)
	figure(c, "releasedBy", is.ReleasedBy, was.ReleasedBy)
	figure(c, "consumedBy", is.ConsumedBy, was.ConsumedBy)
	if !slices.Equal(is.Allocations, was.Allocations) {
		figure(c, "allocations", fmt.Sprintf("%+v", is.Allocations), fmt.Sprintf("%+v", was.Allocations))
	}
	if !slices.Equal(is.UnavailableItems, was.UnavailableItems) {
		figure(c, "unavailableItems", fmt.Sprintf("%+v", is.UnavailableItems), fmt.Sprintf("%+v", was.UnavailableItems))
	}
	figure(c, "decidedAt", micros(is.DecidedAt), micros(was.DecidedAt))
	figure(c, "reservedAt", micros(is.ReservedAt), micros(was.ReservedAt))
	figure(c, "expiresAt", seconds(is.ExpiresAt), seconds(was.ExpiresAt))
	compareConditions(c, is.Conditions, was.Conditions, v1.ConditionDecided, v1.ConditionReserved, v1.ConditionComplete, v1.ConditionStalled)
}

// compareItem compares a StockItem's status with where the journal says it stands.
func compareItem(c *comparison, known stock.Item, is stock.ItemFigures, was *v1.StockItemStatus) {
	want := &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Generation: known.Generation},
		Spec:       v1.StockItemSpec{ProductID: string(known.Product), Suspended: known.Suspended, LowStockThreshold: known.LowStock},
	}
	view.ShowItem(want, is, v1.AnyIDs, time.Time{})
	compareItemStatus(c, &want.Status, was)
	compareConditions(c, want.Status.Conditions, was.Conditions, v1.ConditionInStock, v1.ConditionLowStock, v1.ConditionOversold)
	// Which ids are taken is said by a flag, not by the journal.
	if ready := meta.FindStatusCondition(was.Conditions, v1.ConditionReady); ready == nil || ready.Reason != v1.ReasonInvalidID {
		compareConditions(c, want.Status.Conditions, was.Conditions, v1.ConditionReady, v1.ConditionStalled)
	}
}

func compareItemStatus(c *comparison, is, was *v1.StockItemStatus) {
	figure(c, "observedGeneration", is.ObservedGeneration, was.ObservedGeneration)
	figure(c, "onHand", is.OnHand, was.OnHand)
	figure(c, "reserved", is.Reserved, was.Reserved)
	figure(c, "available", is.Available, was.Available)
	figure(c, "consumed", is.Consumed, was.Consumed)
	figure(c, "shortfall", is.Shortfall, was.Shortfall)
	figure(c, "refused", is.Refused, was.Refused)
}

// compareConditions compares those conditions that the journal decides. When they turned,
// and the words in which they say why, are left to whoever writes them.
func compareConditions(c *comparison, is, was []metav1.Condition, kinds ...string) {
	for _, kind := range kinds {
		figure(c, "condition "+kind, conditionText(is, kind), conditionText(was, kind))
	}
}

func conditionText(conditions []metav1.Condition, kind string) string {
	found := meta.FindStatusCondition(conditions, kind)
	if found == nil {
		return "absent"
	}
	return fmt.Sprintf("%s for %s", found.Status, found.Reason)
}

func micros(t *metav1.MicroTime) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(metav1.RFC3339Micro)
}

func seconds(t *metav1.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
