package controllers

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Reasons of Events of StockItems. Those that are none of a condition.
const (
	reasonTookOver    = "TookOver"
	reasonOversold    = "Oversold"
	reasonBackInStock = "BackInStock"
)

// itemEvents are what a status that was written shows for the first time.
func itemEvents(item *v1.StockItem, written *v1.StockItemStatus) []happening {
	before, now := item.Status.Conditions, written.Conditions
	return append(turnEvents(item, before, now), unitEvents(before, now)...)
}

// turnEvents say that the item is a duplicate, waits to take over, or took over.
func turnEvents(item *v1.StockItem, before, now []metav1.Condition) []happening {
	was, is := reasonOf(v1.ConditionReady, before), reasonOf(v1.ConditionReady, now)
	switch {
	case was == is:
		return nil
	case notServing(is):
		return []happening{warning(is, "Wait", meta.FindStatusCondition(now, v1.ConditionReady).Message)}
	case notServing(was) && is != v1.ReasonInvalidID:
		return []happening{normal(reasonTookOver, "TakeOver", fmt.Sprintf(
			"serves product %s at location %s with %d received, in place of a StockItem that is gone",
			item.Spec.ProductID, item.Spec.LocationID, item.Spec.Received))}
	default:
		return nil
	}
}

func notServing(reason string) bool {
	return reason == v1.ReasonDuplicateStockItem || reason == v1.ReasonTakeOverUnconfirmed
}

// unitEvents say that more is promised than there is, that nothing is left to sell, or that
// there is something again.
func unitEvents(before, now []metav1.Condition) (all []happening) {
	if c, has := began(v1.ConditionOversold, metav1.ConditionTrue, before, now); has {
		all = append(all, warning(reasonOversold, "Count", c.Message))
	}
	switch was, is := reasonOf(v1.ConditionInStock, before), reasonOf(v1.ConditionInStock, now); {
	case was == v1.ReasonUnitsAvailable && is == v1.ReasonSoldOut:
		all = append(all, normal(is, "Sell", meta.FindStatusCondition(now, v1.ConditionInStock).Message))
	case was == v1.ReasonSoldOut && is == v1.ReasonUnitsAvailable:
		all = append(all, normal(reasonBackInStock, "Sell", meta.FindStatusCondition(now, v1.ConditionInStock).Message))
	}
	return all
}
