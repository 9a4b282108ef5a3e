package controllers

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Retention says when Reservations are deleted: some time after nothing can change any
// more.
type Retention struct {
	// After is how long a Reservation is kept once it is complete. Until then
	// a repeated command finds its outcome.
	After time.Duration
	// Delivered tells whether nothing is left to be published of it.
	Delivered func(*v1.Reservation) bool
	Clock     clock.PassiveClock
}

// due says after how long a Reservation is to be deleted. That cannot be told while it
// is not complete, nor after its time while its outcome was not delivered.
func (t Retention) due(rsv *v1.Reservation) (after time.Duration, known bool) {
	complete := meta.FindStatusCondition(rsv.Status.Conditions, v1.ConditionComplete)
	if complete == nil || rsv.DeletionTimestamp != nil {
		return 0, false
	}
	if left := complete.LastTransitionTime.Add(t.After).Sub(t.Clock.Now()); left > 0 {
		return left, true
	}
	return 0, t.Delivered(rsv)
}

// remove deletes this version of a Reservation.
func remove(ctx context.Context, c client.Client, rsv *v1.Reservation) error {
	err := c.Delete(ctx, rsv, client.Preconditions{UID: &rsv.UID, ResourceVersion: &rsv.ResourceVersion})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete reservation %s/%s after its retention: %w", rsv.Namespace, rsv.Name, err)
	}
	return nil
}
