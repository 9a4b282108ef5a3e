package view

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// ShowItem makes an item's status say where the item stands, as of its generation. Where ids
// do not take the product's, nobody can ask for the units. The position of the journal stays
// as it is.
func ShowItem(item *v1.StockItem, p stock.ItemFigures, ids v1.IDs, now time.Time) {
	s := &item.Status
	s.ObservedGeneration = item.Generation
	s.OnHand, s.Consumed, s.Reserved, s.Available, s.Shortfall = p.OnHand, p.Consumed, p.Reserved, p.Available, p.Shortfall
	s.Refused = p.Refused
	for _, c := range []metav1.Condition{ready(item, p, ids), inStock(item, p), lowStock(item, p), oversold(p)} {
		c.ObservedGeneration = item.Generation
		c.LastTransitionTime = metav1.NewTime(now)
		meta.SetStatusCondition(&s.Conditions, c)
	}
	stalled := ready(item, p, ids)
	if p.Serving && stalled.Reason != v1.ReasonInvalidID {
		meta.RemoveStatusCondition(&s.Conditions, v1.ConditionStalled)
		return
	}
	stalled.Type, stalled.Status = v1.ConditionStalled, metav1.ConditionTrue
	stalled.ObservedGeneration, stalled.LastTransitionTime = item.Generation, metav1.NewTime(now)
	meta.SetStatusCondition(&s.Conditions, stalled)
}

func ready(item *v1.StockItem, p stock.ItemFigures, ids v1.IDs) metav1.Condition {
	if wrong := ids.Wrong(item.Spec.ProductID); wrong != "" {
		return condition(v1.ConditionReady, false, v1.ReasonInvalidID, "spec.productID "+wrong+": make another StockItem")
	}
	if p.Waits {
		return condition(v1.ConditionReady, false, v1.ReasonTakeOverUnconfirmed,
			"the StockItem that served this product at this location is gone: count what is there and set received, or annotate this one with "+
				v1.TakeOverAnnotation+`="true"`)
	}
	if !p.Serving {
		return condition(v1.ConditionReady, false, v1.ReasonDuplicateStockItem,
			fmt.Sprintf("StockItem %s serves this product at this location: delete one of the two", p.ServingName))
	}
	if p.Shortfall > 0 {
		return condition(v1.ConditionReady, false, v1.ReasonReceivedLowered, shortfall(p))
	}
	return condition(v1.ConditionReady, true, v1.ReasonServing, "the figures count")
}

func inStock(item *v1.StockItem, p stock.ItemFigures) metav1.Condition {
	switch {
	case !p.Serving:
		return condition(v1.ConditionInStock, false, v1.ReasonNotServing, "this item counts for nothing")
	case p.HeldBack:
		return condition(v1.ConditionInStock, false, v1.ReasonAwaitingRestore,
			"nothing is sold before what was shipped and held elsewhere is restored: the StockLedger's condition Restored says what to do")
	case Suspended(item):
		return condition(v1.ConditionInStock, false, v1.ReasonSuspended, "nothing is sold from here while it is suspended or being deleted")
	case p.Available == 0:
		return condition(v1.ConditionInStock, false, v1.ReasonSoldOut, "no unit can be reserved")
	default:
		return condition(v1.ConditionInStock, true, v1.ReasonUnitsAvailable, "units can be reserved")
	}
}

func lowStock(item *v1.StockItem, p stock.ItemFigures) metav1.Condition {
	switch {
	case !p.Serving:
		return condition(v1.ConditionLowStock, false, v1.ReasonNotServing, "this item counts for nothing")
	case item.Spec.Tracking == v1.TrackingUnlimited:
		return condition(v1.ConditionLowStock, false, v1.ReasonNoThreshold, "the units are not counted")
	case item.Spec.LowStockThreshold == 0:
		return condition(v1.ConditionLowStock, false, v1.ReasonNoThreshold, "no lowStockThreshold is set")
	case p.Available <= item.Spec.LowStockThreshold:
		return condition(v1.ConditionLowStock, true, v1.ReasonBelowThreshold, "no more units than lowStockThreshold can be reserved")
	default:
		return condition(v1.ConditionLowStock, false, v1.ReasonAboveThreshold, "more units than lowStockThreshold can be reserved")
	}
}

func oversold(p stock.ItemFigures) metav1.Condition {
	if p.Shortfall > 0 {
		return condition(v1.ConditionOversold, true, v1.ReasonReceivedLowered, shortfall(p))
	}
	return condition(v1.ConditionOversold, false, v1.ReasonPromisesCovered, "every promised unit is on hand")
}

// shortfall says which part of it was promised and which was shipped.
func shortfall(p stock.ItemFigures) string {
	promised := min(p.Shortfall, p.Reserved)
	shipped := p.Shortfall - promised
	switch {
	case shipped == 0:
		return fmt.Sprintf("%d promised units are not on hand: raise received or release reservations", promised)
	case promised == 0:
		return fmt.Sprintf("%d more units were shipped than received: raise received", shipped)
	default:
		return fmt.Sprintf("%d promised units are not on hand, and %d more units were shipped than received: raise received or release reservations",
			promised, shipped)
	}
}

// Suspended tells whether nothing is sold from an item: its owner says so, or it is being
// deleted.
func Suspended(item *v1.StockItem) bool { return item.Spec.Suspended || item.DeletionTimestamp != nil }

func condition(kind string, is bool, reason, message string) metav1.Condition {
	status := metav1.ConditionFalse
	if is {
		status = metav1.ConditionTrue
	}
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}
