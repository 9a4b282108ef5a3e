package controllers

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// tellMismatch has the status of an object say which line of its spec cannot be carried out
// as it is, if any. The API server refuses such lines where the status shows the allocations;
// these were written before, or beside another change.
func tellMismatch(object *v1.Reservation, r *stock.Reservation) {
	reason, message := mismatch(object, r)
	if reason == "" {
		meta.RemoveStatusCondition(&object.Status.Conditions, v1.ConditionItemsMatch)
		return
	}
	meta.SetStatusCondition(&object.Status.Conditions, metav1.Condition{
		Type: v1.ConditionItemsMatch, Status: metav1.ConditionFalse, Reason: reason, Message: message,
	})
}

// tellOrder has the status of an object say that the order which its spec names since the
// decision is not attached, if so.
func tellOrder(object *v1.Reservation, r *stock.Reservation, ids v1.IDs) {
	wrong := ""
	if object.Spec.OrderID != "" && r.Order == "" && r.LaterOrder == "" {
		wrong = ids.Wrong(object.Spec.OrderID)
	}
	if wrong == "" {
		meta.RemoveStatusCondition(&object.Status.Conditions, v1.ConditionOrderAttached)
		return
	}
	meta.SetStatusCondition(&object.Status.Conditions, metav1.Condition{
		Type: v1.ConditionOrderAttached, Status: metav1.ConditionFalse, Reason: v1.ReasonInvalidID, Message: "spec.orderID " + wrong,
	})
}

// mismatch says why a line of a spec that was passed on is not carried out as it is. A cart
// that was refused has nothing that could match.
func mismatch(object *v1.Reservation, r *stock.Reservation) (reason, message string) {
	if r.Phase == stock.PhaseRefused {
		return "", ""
	}
	for i, line := range object.Spec.ConsumeItems {
		if reason, message = mismatchOf(line, r, consumed, notReleased, "given back"); reason != "" {
			return reason, fmt.Sprintf("consumeItems[%d]: %s", i, message)
		}
	}
	for i, line := range object.Spec.ReleaseItems {
		if reason, message = mismatchOf(line, r, released, notShipped, "shipped"); reason != "" {
			return reason, fmt.Sprintf("releaseItems[%d]: %s", i, message)
		}
	}
	return "", ""
}

func mismatchOf(line v1.PartialItem, r *stock.Reservation, known, most figure, otherwise string) (reason, message string) {
	place := "any location"
	if line.LocationID != "" {
		place = "location " + line.LocationID
	}
	switch there := sum(r, line, most); {
	case sum(r, line, reserved) == 0:
		return v1.ReasonNoSuchAllocation, fmt.Sprintf("no unit of product %s is reserved at %s: see status.allocations", line.ProductID, place)
	case line.Quantity > there:
		return v1.ReasonMoreThanReserved, fmt.Sprintf(
			"%d units of product %s at %s are more than the %d that were reserved and not %s", line.Quantity, line.ProductID, place, there, otherwise)
	case line.Quantity > sum(r, line, known) && !r.Phase.Ended():
		return v1.ReasonContradictsTotal, fmt.Sprintf(
			"another location of product %s has more units in status.allocations than the spec says of it: a total over all locations was stated before, "+
				"so state at least what is there", line.ProductID)
	default:
		return "", ""
	}
}
