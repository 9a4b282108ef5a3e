package controllers

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
)

const (
	// viewWorkers is how many objects of the bridge are worked on at a time: nobody waits
	// for one.
	viewWorkers = 8
	// leastShare is for how much of the time each of these works while commands always wait.
	leastShare = 0.01
	// mostOwed bounds what the work on one object makes its worker owe: one that waited for a
	// frozen API server is no reason to show nothing for a quarter of an hour.
	mostOwed = 100 * time.Millisecond
	// viewTick is how often it is looked whether commands wait.
	viewTick = 10 * time.Millisecond
)

// setupViews registers the controller of the objects that the bridge's commands lead to. It
// has few workers of its own, which leave most of the time to commands: what decides is never
// in the queue behind what only shows. What a person does to such an object is no view.
func (r *ReservationReconciler) setupViews(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("reservation-view").
		For(&v1.Reservation{}, builder.WithPredicates(r.writes.deletions(), r.ours(), ofBridge(), predicate.Not(byPerson()))).
		WatchesRawSource(source.Func(r.Queue.Views)).
		WithOptions(options(viewWorkers)).
		Complete(reconcile.Func(func(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
			began := time.Now()
			result, err := r.Reconcile(ctx, req)
			r.rest(ctx, time.Since(began))
			return result, err
		}))
}

// ofBridge keeps the objects that the bridge's commands lead to.
func ofBridge() predicate.Predicate {
	return predicate.NewPredicateFuncs(func(object client.Object) bool {
		r, ok := object.(*v1.Reservation)
		return ok && r.Spec.Command != nil
	})
}

// byPerson keeps what the operator does not do to objects of the bridge, or does seldom: a
// change of the spec, and a deletion.
func byPerson() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration()
		},
	}
}

// rest has a worker do nothing for as long as its work owes to commands: at once where
// nobody waits for a decision, and much longer than the work took where somebody always does.
// So objects are made as fast as there is room, and a few are made in any case.
func (r *ReservationReconciler) rest(ctx context.Context, took time.Duration) {
	if r.Load == nil {
		return
	}
	for owed := min(took, mostOwed); ; {
		pause, paid := payOff(owed, r.Load.Share())
		if pause < time.Millisecond || !sleep(ctx, pause) {
			return
		}
		owed -= paid
	}
}

// payOff is how long a worker pauses before it is looked again how much commands wait, and
// what that pays of what it owes. load is for how much of the time they have waited.
func payOff(owed time.Duration, load float64) (pause, paid time.Duration) {
	share := max(leastShare, (1-load)*(1-load))
	times := (1 - share) / share // how many times as long as it works a worker rests
	whole := time.Duration(float64(owed) * times)
	if whole <= viewTick {
		return whole, owed
	}
	return viewTick, time.Duration(float64(viewTick) / times)
}
