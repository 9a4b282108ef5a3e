package controllers

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

const someUUID = "5f0c7a52-3b0e-4a57-9d3c-6f0f3f1d8a11"

// An object with an id that is not taken waits, says which and why, and is decided by an
// operator that takes it.
func TestReservationWithInvalidID(t *testing.T) {
	valid := func(r *v1.Reservation) {
		r.Spec.CartID, r.Spec.Items = someUUID, []v1.ReservationItem{{ProductID: someUUID, Quantity: 1}}
	}
	for field, change := range map[string]func(r *v1.Reservation){
		"spec.cartID":     func(r *v1.Reservation) { r.Spec.CartID = "cart-17" },
		"spec.customerID": func(r *v1.Reservation) { r.Spec.CustomerID = "customer" },
		"spec.orderID":    func(r *v1.Reservation) { r.Spec.OrderID = "order" },
		"spec.items[1].productID": func(r *v1.Reservation) {
			r.Spec.Items = append(r.Spec.Items, v1.ReservationItem{ProductID: "p", Quantity: 1})
		},
	} {
		t.Run(field, func(t *testing.T) {
			o := leader(t)
			o.receive(someUUID, 10)
			o.r.IDs = v1.UUIDs
			made := o.made("r", valid, change)
			o.reconcile("r")
			told := o.read("r")
			stalled := meta.FindStatusCondition(told.Status.Conditions, v1.ConditionStalled)
			if stalled == nil || stalled.Status != metav1.ConditionTrue || stalled.Reason != v1.ReasonInvalidID || !strings.HasPrefix(stalled.Message, field+" must be a UUID") {
				t.Errorf("it says %+v", stalled)
			}
			if told.CurrentPhase() != v1.PhasePending || told.Status.ObservedGeneration != told.Generation || o.state(stock.ID(made.UID)) != nil {
				t.Errorf("it is %+v", told.Status)
			}
			if o.reconcile("r"); o.read("r").ResourceVersion != told.ResourceVersion {
				t.Error("it is written again")
			}
			meta.FindStatusCondition(told.Status.Conditions, v1.ConditionReserved).Message = "what was wrong before"
			if err := o.users.Status().Update(t.Context(), told); err != nil {
				t.Fatal(err)
			}
			o.reconcile("r")
			if reserved := meta.FindStatusCondition(o.read("r").Status.Conditions, v1.ConditionReserved); reserved.Message != stalled.Message {
				t.Errorf("it says on: %s", reserved.Message)
			}
			o.r.IDs = v1.AnyIDs
			o.reconcile("r")
			told = o.read("r")
			if told.CurrentPhase() != v1.PhaseReserved || meta.FindStatusCondition(told.Status.Conditions, v1.ConditionStalled) != nil {
				t.Errorf("where any id is taken it is %+v", told.Status)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		o := leader(t)
		o.receive(someUUID, 10)
		o.r.IDs = v1.UUIDs
		o.made("r", valid)
		if o.reconcile("r"); o.read("r").CurrentPhase() != v1.PhaseReserved {
			t.Errorf("it is %+v", o.read("r").Status)
		}
	})
}

// An order that is named later, by an id that is not taken, is not attached, and that is told.
func TestLaterOrderWithInvalidID(t *testing.T) {
	o := leader(t)
	made := o.made("r")
	o.reconcile("r")
	o.r.IDs = v1.UUIDs
	o.edit("r", func(r *v1.Reservation) { r.Spec.OrderID = "order" })
	o.reconcile("r")
	told := o.read("r")
	attached := meta.FindStatusCondition(told.Status.Conditions, v1.ConditionOrderAttached)
	if attached == nil || attached.Status != metav1.ConditionFalse || o.state(stock.ID(made.UID)).LaterOrder != "" {
		t.Errorf("it says %+v", attached)
	}
	if asks, agrees := agreement(o.runner, told, o.r.teller(o.runner)); asks || !agrees {
		t.Errorf("a sweep finds that it asks (%t) or does not agree (%t)", asks, !agrees)
	}
	o.r.IDs = v1.AnyIDs
	o.reconcile("r")
	if told = o.read("r"); meta.FindStatusCondition(told.Status.Conditions, v1.ConditionOrderAttached) != nil || o.state(stock.ID(made.UID)).LaterOrder != "order" {
		t.Errorf("where any id is taken it says %+v", told.Status.Conditions)
	}
}

// A StockItem of a product that nobody can ask for says so, until an operator takes its id.
func TestStockItemWithInvalidID(t *testing.T) {
	w := newWorld(t)
	strict := w.leads(func(p *process) { p.ids = v1.UUIDs })
	w.receive("mugs", "mug", 10)
	w.receive("cups", someUUID, 10)
	stalled := func(s *v1.StockItemStatus) *metav1.Condition {
		return meta.FindStatusCondition(s.Conditions, v1.ConditionStalled)
	}
	item := w.shows("mugs", "that its id is invalid", func(s *v1.StockItemStatus) bool { return stalled(s) != nil })
	if told := stalled(&item.Status); told.Reason != v1.ReasonInvalidID || !strings.HasPrefix(told.Message, "spec.productID must be a UUID") {
		t.Errorf("it says %+v", told)
	}
	ready := func(s *v1.StockItemStatus) bool {
		return meta.IsStatusConditionTrue(s.Conditions, v1.ConditionReady) && stalled(s) == nil
	}
	w.shows("cups", "that it is ready", ready)
	strict.stop()
	w.leads()
	w.shows("mugs", "that it is ready", ready)
}
