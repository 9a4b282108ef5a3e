package controllers

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/mutant"
)

// undeliveredRetry is how long after its time an outcome that could not be
// delivered is looked at again.
const undeliveredRetry = 30 * time.Second

// Retention deletes Reservations some time after nothing can change any more.
type Retention struct {
	// After is how long a Reservation is kept once it is complete. Until then
	// a repeated command finds its outcome.
	After time.Duration
	// Delivered tells whether nothing is left to be published of it.
	Delivered func(*v1.Reservation) bool
	Clock     clock.PassiveClock
}

// advance deletes a complete Reservation if its time has come and its outcome
// was delivered.
func (t Retention) advance(ctx context.Context, c client.Client, rsv *v1.Reservation) (ctrl.Result, error) {
	complete := meta.FindStatusCondition(rsv.Status.Conditions, v1.ConditionComplete)
	if complete == nil || rsv.DeletionTimestamp != nil {
		return ctrl.Result{}, nil
	}
	if left := complete.LastTransitionTime.Add(t.After).Sub(t.Clock.Now()); left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil
	}
	if !t.Delivered(rsv) && !mutant.On(mutant.EarlyRetention) {
		return ctrl.Result{RequeueAfter: undeliveredRetry}, nil
	}
	err := c.Delete(ctx, rsv, client.Preconditions{UID: &rsv.UID, ResourceVersion: &rsv.ResourceVersion})
	if err != nil && !apierrors.IsNotFound(err) {
		return ctrl.Result{}, fmt.Errorf("delete reservation %s/%s after its retention: %w", rsv.Namespace, rsv.Name, err)
	}
	return ctrl.Result{}, nil
}
