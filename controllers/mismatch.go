package controllers

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// levels says what is for sale of a product, and where.
type levels func(product stock.ID) string

// teller has statuses say what of a spec is not carried out.
type teller struct {
	ids v1.IDs
	now stock.Time
	levels
}

// tell has the status of an object say so. The API server refuses most of what cannot be
// carried out; the rest was written before the decision, or beside another change.
func (t teller) tell(object *v1.Reservation, r *stock.Reservation) {
	reason, message := mismatch(object, r, t.levels)
	show(object, v1.ConditionItemsMatch, reason, message)
	reason, message = unattached(object, r, t.ids)
	show(object, v1.ConditionOrderAttached, reason, message)
	reason, message = unextended(object, r, t.now)
	show(object, v1.ConditionHoldExtended, reason, message)
}

// show has a condition be there, and False, where there is a reason for it.
func show(object *v1.Reservation, kind, reason, message string) {
	if reason == "" {
		meta.RemoveStatusCondition(&object.Status.Conditions, kind)
		return
	}
	meta.SetStatusCondition(&object.Status.Conditions, metav1.Condition{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: message})
}

// forSale says in words where units of a product are for sale.
func forSale(places []stock.LocationLevel) string {
	var texts []string
	for _, place := range places {
		if place.Available > 0 {
			texts = append(texts, fmt.Sprintf("%d at %s", place.Available, place.Location))
		}
	}
	if len(texts) == 0 {
		return "none is for sale anywhere"
	}
	return "for sale are " + strings.Join(texts, ", ")
}

// unattached says why the order that a spec names since the decision is not attached, if so.
func unattached(object *v1.Reservation, r *stock.Reservation, ids v1.IDs) (reason, message string) {
	order := object.Spec.OrderID
	switch attached := r.CurrentOrder(); {
	case order == "" || attached == idOf(order):
		return "", ""
	case attached != "":
		return v1.ReasonAnotherOrder, fmt.Sprintf("the reservation belongs to order %q, which was named before spec.orderID and never changes", attached)
	}
	if wrong := ids.Wrong(order); wrong != "" {
		return v1.ReasonInvalidID, "spec.orderID " + wrong
	}
	return "", ""
}

// unextended says why a hold does not last until spec.holdUntil, if so.
func unextended(object *v1.Reservation, r *stock.Reservation, now stock.Time) (reason, message string) {
	until := heldUntil(object)
	switch {
	case until == 0, r.Phase == stock.PhaseRefused, r.Expires != 0 && until <= r.Expires:
		return "", ""
	case r.Phase.Ended():
		return v1.ReasonHoldEnded, "the hold has ended, so holdUntil does nothing"
	case r.Expires == 0:
		return v1.ReasonNeverEnds, "the hold never runs out, so holdUntil does nothing"
	case until > now+stock.MaxExtension:
		return v1.ReasonTooFarAhead, "holdUntil is more than 24 hours ahead: set an earlier time"
	default:
		return "", ""
	}
}

// mismatch says why a line of a spec that was passed on is not carried out as it is. A cart
// that was refused has nothing that could match.
func mismatch(object *v1.Reservation, r *stock.Reservation, levels levels) (reason, message string) {
	if r.Phase == stock.PhaseRefused {
		return "", ""
	}
	for i, line := range object.Spec.ConsumeItems {
		if reason, message = unshippable(line, r, levels); reason != "" {
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

// unshippable says why a line of consumeItems is not carried out as it is.
func unshippable(line v1.PartialItem, r *stock.Reservation, levels levels) (reason, message string) {
	product := v1.PartialItem{ProductID: line.ProductID}
	most := shippable(r, line)
	switch {
	case sum(r, product, reserved) == 0, line.LocationID == "", line.Quantity <= sum(r, line, notReleased):
		return mismatchOf(line, r, consumed, notReleased, "given back")
	case line.Quantity > most:
		return v1.ReasonMoreThanReserved, fmt.Sprintf(
			"%d units of product %s are more than the %d that were reserved and not given back or shipped from elsewhere", line.Quantity, line.ProductID, most)
	case r.Phase.Ended():
		return "", ""
	default:
		return v1.ReasonNotThere, fmt.Sprintf("location %s has too few units of product %s for sale to ship %d from there: %s",
			line.LocationID, line.ProductID, line.Quantity, levels(idOf(line.ProductID)))
	}
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
