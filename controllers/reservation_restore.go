package controllers

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// heldBackAgain is when an object is looked at again whose journal awaits a restore.
const heldBackAgain = 2 * time.Second

// heldBack tells whether nothing is decided before a restore.
func (p pass) heldBack() (is bool) {
	p.runner.Read(func(s *stock.State, _ *journal.Log) { is = s.HoldsBack() })
	return is
}

// showHeldBack says why an object stays Pending, once.
func (p pass) showHeldBack(ctx context.Context, object *v1.Reservation) error {
	known := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionReserved)
	if known != nil && known.Reason == v1.ReasonAwaitingRestore && object.Status.ObservedGeneration == object.Generation {
		return nil
	}
	object.Status.ObservedGeneration = object.Generation
	setCondition(object, v1.ConditionReserved, metav1.ConditionFalse, v1.ReasonAwaitingRestore,
		"it is decided once what was shipped and held elsewhere is restored: the StockLedger's condition Restored says what to do", p.Now())
	return p.write(ctx, object)
}
