package controllers

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// DefaultHorizon is how far ahead of its time a Reservation is queued. A hold waits
// for its expiry much longer than that, and what is complete for its deletion: in the
// queue each would take a fifth more memory than it does (docs/performance.md).
const DefaultHorizon = time.Minute

// due says after how long there is something to do for this version, if that can be
// told.
func (r *ReservationReconciler) due(rsv *v1.Reservation) (after time.Duration, known bool) {
	switch action, after := lifecycle.Due(rsv, r.Clock.Now()); action {
	case lifecycle.None:
		return r.Retention.due(rsv)
	case lifecycle.Await:
		return after, true
	default:
		return 0, true
	}
}

// Soon says after how long there is something to do for this version, if that is
// within the horizon. If not, a later event or sweep will tell.
func (r *ReservationReconciler) Soon(rsv *v1.Reservation) (after time.Duration, soon bool) {
	after, known := r.due(rsv)
	return after, known && after <= r.horizon()
}

func (r *ReservationReconciler) horizon() time.Duration { return cmp.Or(r.Horizon, DefaultHorizon) }

// await comes back after a time, unless a sweep will be early enough.
func (r *ReservationReconciler) await(after time.Duration) ctrl.Result {
	if after > r.horizon() {
		return ctrl.Result{}
	}
	return ctrl.Result{RequeueAfter: after}
}

// soon keeps from the queue what nothing is to be done for.
func (r *ReservationReconciler) soon() predicate.Predicate {
	return predicate.NewPredicateFuncs(func(object client.Object) bool {
		rsv, ok := object.(*v1.Reservation)
		if !ok {
			return false
		}
		_, soon := r.Soon(rsv)
		return soon
	})
}

// sweeps is a source.Func: until ctx ends it queues what becomes due within the
// horizon, twice in that time.
func (r *ReservationReconciler) sweeps(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	byPriority, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request])
	if !ok {
		return fmt.Errorf("a %T knows no priorities: leave UsePriorityQueue on", queue)
	}
	add := func(req reconcile.Request, after time.Duration) {
		options := priorityqueue.AddOpts{After: after}
		if after <= 0 {
			// It is late already, as after an outage, and may be one of many.
			options.Priority = ptr.To(handler.LowPriority)
		}
		byPriority.AddWithOpts(options, req)
	}
	go wait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := r.sweep(ctx, add); err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "the next sweep tries again")
		}
	}, r.horizon()/2)
	return nil
}

// sweep calls add for every Reservation that there is something to do for within the
// horizon.
func (r *ReservationReconciler) sweep(ctx context.Context, add func(reconcile.Request, time.Duration)) error {
	var all v1.ReservationList
	if err := r.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("look for reservations whose time comes: %w", err)
	}
	for i := range all.Items {
		rsv := &all.Items[i]
		if after, soon := r.Soon(rsv); soon {
			add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(rsv)}, after)
		}
	}
	return nil
}
