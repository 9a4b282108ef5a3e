package controllers

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
)

const (
	// viewWorkers is how many objects of the bridge are worked on at a time: nobody waits
	// for one.
	viewWorkers = 8
	// viewPause is how long the work on one waits at most for a moment in which no command
	// waits to be stored. So while there is none, some are written nevertheless.
	viewPause = 100 * time.Millisecond
)

// setupViews registers the controller of the objects that the bridge's commands lead to. It
// has few workers of its own, which let commands go first: what decides is never in the queue
// behind what only shows.
func (r *ReservationReconciler) setupViews(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("reservation-view").
		For(&v1.Reservation{}, builder.WithPredicates(r.writes.deletions(), r.ours(), ofBridge())).
		WatchesRawSource(source.Func(r.Queue.Views)).
		WithOptions(options(viewWorkers)).
		Complete(reconcile.Func(func(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
			if runner, ok := leading(r.Namespaces, req.Namespace); ok {
				letCommandsGo(ctx, runner)
			}
			return r.Reconcile(ctx, req)
		}))
}

// ofBridge keeps the objects that the bridge's commands lead to.
func ofBridge() predicate.Predicate {
	return predicate.NewPredicateFuncs(func(object client.Object) bool {
		r, ok := object.(*v1.Reservation)
		return ok && r.Spec.Command != nil
	})
}

// letCommandsGo returns once no command waits to be stored, or after a while.
func letCommandsGo(ctx context.Context, runner *allocator.Runner) {
	patience := time.NewTimer(viewPause)
	defer patience.Stop()
	for {
		news := runner.News()
		if runner.Waiting() == 0 {
			return
		}
		select {
		case <-news:
		case <-patience.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
