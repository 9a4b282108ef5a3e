package controllers

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// DefaultHorizon is how far ahead of its time a Reservation is queued. What is complete
// waits much longer than that for its deletion: in the queue it would take a fifth more
// memory than it does (docs/performance-notes.md).
const DefaultHorizon = time.Minute

// deletable tells whether the operator may delete an object: it made it, or its owner says
// so. Git would make the others again, and the same cart would be sold once more.
func deletable(object *v1.Reservation) bool {
	return object.Spec.Command != nil || object.Annotations[v1.DeleteAfterCompletionAnnotation] == "true"
}

// retire deletes an object whose reservation ended long enough ago. Until its outcome was
// delivered it is kept: a later sweep finds that it was.
func (p pass) retire(ctx context.Context, object *v1.Reservation, now recorded) (ctrl.Result, error) {
	if !now.Phase.Ended() || object.DeletionTimestamp != nil || !deletable(object) {
		return ctrl.Result{}, nil
	}
	if left := p.left(p.runner, p.key, view.OfBridge(now.Reservation), endOf(now.Reservation)); left > 0 {
		return p.await(left), nil
	}
	if !now.published {
		return ctrl.Result{}, nil
	}
	if err := p.remove(ctx, object); err != nil {
		return ctrl.Result{}, err
	}
	p.surplus.set(p.key, false)
	return ctrl.Result{}, nil
}

// retireWithdrawn does the same for an object that the journal knows nothing of.
func (p pass) retireWithdrawn(ctx context.Context, object *v1.Reservation) (ctrl.Result, error) {
	complete := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionComplete)
	if complete == nil || !deletable(object) {
		return ctrl.Result{}, nil
	}
	if left := p.left(p.runner, p.key, false, complete.LastTransitionTime.Time); left > 0 {
		return p.await(left), nil
	}
	return ctrl.Result{}, p.remove(ctx, object)
}

// retired tells whether the object of a reservation would be deleted by now.
func (p pass) retired(now recorded) bool {
	return now.Phase.Ended() && now.published && p.left(p.runner, p.key, view.OfBridge(now.Reservation), endOf(now.Reservation)) <= 0
}

// endOf is when nothing was held any more.
func endOf(r *stock.Reservation) time.Time { return view.Time(max(r.At, r.Ended)) }

// left is how much longer an object is kept that was complete at a time.
func (r *ReservationReconciler) left(runner *allocator.Runner, key client.ObjectKey, ofBridge bool, complete time.Time) time.Duration {
	retention := r.Retention
	if ofBridge && r.Queue.showing.Retention > 0 {
		retention = min(retention, r.Queue.showing.Retention)
	}
	if r.nearBound(runner) {
		retention = min(retention, retentionNearBound)
	}
	if r.surplus.has(key) {
		retention = 0
	}
	return complete.Add(retention).Sub(r.Now())
}

// retentionNearBound is how long objects are kept where the journal is near its bound. What
// has an object is not forgotten, and new carts would be refused for those that have ended.
const retentionNearBound = 5 * time.Minute

// nearBound tells whether the journal takes three quarters of its bound or more. Forgetting
// before --retention begins only at seven eighths (stock.Policy.Limit).
func (r *ReservationReconciler) nearBound(runner *allocator.Runner) (near bool) {
	runner.Read(func(s *stock.State, _ *journal.Log) {
		_, stored := s.LogBytes()
		near = r.Limit > 0 && stored >= r.Limit/4*3
	})
	return near
}

// await comes back after a time, unless a sweep will be early enough.
func (r *ReservationReconciler) await(after time.Duration) ctrl.Result {
	if after > r.horizon() {
		return ctrl.Result{}
	}
	return ctrl.Result{RequeueAfter: after}
}
