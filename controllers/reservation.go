package controllers

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/lifecycle"
	"github.com/acme/inventory-service/internal/outcomes"
)

// writeTimeout bounds one write of a status. What a longer one did is found
// out by reading.
const writeTimeout = 10 * time.Second

// Allocator decides carts and takes note of what became of them.
type Allocator interface {
	// Reserve waits for the decision on a Pending Reservation.
	Reserve(ctx context.Context, r *v1.Reservation) (allocator.Decision, error)
	// Consume waits until units of a Reserved Reservation are taken out of stock.
	Consume(ctx context.Context, r *v1.Reservation, takes []v1.Take) (allocator.Decision, error)
	// SeeReservation takes note of the answer to a write.
	SeeReservation(r *v1.Reservation)
}

// ReservationReconciler takes each Reservation through its life: it is decided, released,
// expired or consumed, and deleted some time after nothing can change any more.
type ReservationReconciler struct {
	// Client reads from the cache and writes to the API server.
	client.Client
	// APIReader reads past all caches.
	APIReader client.Reader
	Allocator Allocator
	Board     *outcomes.Board
	Retention Retention
	Clock     clock.PassiveClock
	// Workers is how many Reservations are worked on at a time. Those that wait
	// for a decision are decided together, so it bounds the size of a batch.
	Workers int
	// Horizon is how far ahead of its time a Reservation is queued. Default:
	// DefaultHorizon.
	Horizon time.Duration
}

// +kubebuilder:rbac:groups=inventory.acme.com,resources=reservations,verbs=get;list;watch;create;update;patch;delete
// +kubebuilder:rbac:groups=inventory.acme.com,resources=reservations/status,verbs=get;update;patch

// SetupWithManager registers the reconciler.
func (r *ReservationReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1.Reservation{}, builder.WithPredicates(r.soon())).
		WatchesRawSource(source.Func(r.sweeps)).
		WithOptions(options(r.Workers)).
		Complete(r)
}

// Reconcile does what is due for one Reservation.
func (r *ReservationReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var rsv v1.Reservation
	if err := r.Get(ctx, req.NamespacedName, &rsv); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	for {
		result, err := r.advance(ctx, &rsv)
		if !apierrors.IsConflict(err) {
			return result, client.IgnoreNotFound(err)
		}
		// Somebody wrote in between, and the cache may not know yet.
		if err := r.APIReader.Get(ctx, req.NamespacedName, &rsv); err != nil {
			return ctrl.Result{}, client.IgnoreNotFound(err)
		}
		r.announce(&rsv)
	}
}

// advance takes the one step that is due.
func (r *ReservationReconciler) advance(ctx context.Context, rsv *v1.Reservation) (ctrl.Result, error) {
	switch action, after := lifecycle.Due(rsv, r.Clock.Now()); action {
	case lifecycle.Decide:
		return ctrl.Result{}, r.decide(ctx, rsv)
	case lifecycle.Ship:
		return ctrl.Result{}, r.ship(ctx, rsv)
	case lifecycle.GiveBack:
		lifecycle.Give(rsv, r.Clock.Now())
		return ctrl.Result{}, r.write(ctx, rsv)
	case lifecycle.Release, lifecycle.Expire:
		lifecycle.Free(rsv, r.Clock.Now())
		return ctrl.Result{}, r.write(ctx, rsv)
	case lifecycle.Await:
		return r.await(after), nil
	default:
		return r.retire(ctx, rsv)
	}
}

// retire deletes what was kept long enough.
func (r *ReservationReconciler) retire(ctx context.Context, rsv *v1.Reservation) (ctrl.Result, error) {
	after, known := r.Retention.due(rsv)
	if !known || after > 0 {
		return r.await(after), nil
	}
	return ctrl.Result{}, remove(ctx, r.Client, rsv)
}

// decide waits for the decision and makes it the outcome.
func (r *ReservationReconciler) decide(ctx context.Context, rsv *v1.Reservation) error {
	began := r.Clock.Now()
	decision, err := r.Allocator.Reserve(ctx, rsv)
	if err != nil {
		return err
	}
	switch {
	case decision.Superseded:
		// Another event will tell, or has: the cache is behind.
		return nil
	case decision.Hold != nil:
		lifecycle.Reserve(rsv, *decision.Hold)
	default:
		lifecycle.Refuse(rsv, decision.At, decision.Short)
	}
	if err := r.write(ctx, rsv); err != nil {
		return err
	}
	observeDecision(rsv, r.Clock.Since(began))
	return nil
}

// ship takes the shipped units out of stock and makes the Reservation show it.
// They are consumed before it does: what a crash leaves unshown, the next
// leader finishes.
func (r *ReservationReconciler) ship(ctx context.Context, rsv *v1.Reservation) error {
	decision, err := r.Allocator.Consume(ctx, rsv, lifecycle.Takes(rsv))
	if err != nil {
		return err
	}
	fold := decision.Fold
	if decision.Superseded || !lifecycle.Consume(rsv, fold.ID, fold.Takes, fold.Lost, r.Clock.Now()) {
		return nil
	}
	return r.write(ctx, rsv)
}

// write is the commit: it fails if the Reservation changed since it was read.
func (r *ReservationReconciler) write(ctx context.Context, rsv *v1.Reservation) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := r.Status().Update(ctx, rsv); err != nil {
		return fmt.Errorf("write the status of reservation %s/%s: %w", rsv.Namespace, rsv.Name, err)
	}
	r.announce(rsv)
	return nil
}

// announce tells those who wait what the API server has just answered.
func (r *ReservationReconciler) announce(rsv *v1.Reservation) {
	r.Allocator.SeeReservation(rsv)
	r.Board.Announce(rsv)
}
