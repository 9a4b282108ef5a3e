package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/hack/bench/outcome"
)

// itemReconciler shows what was received.
type itemReconciler struct{ *stock }

func (r *itemReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	_, err := r.change(ctx, req.NamespacedName, func(i *v1.StockItem) bool {
		changed := i.Status.OnHand != i.Spec.Received
		i.Status.OnHand = i.Spec.Received
		return changed
	})
	return ctrl.Result{}, client.IgnoreNotFound(err)
}

// cartReconciler decides carts and takes back released ones.
type cartReconciler struct{ *stock }

func (r *cartReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var rsv v1.Reservation
	if err := r.Get(ctx, req.NamespacedName, &rsv); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	switch phase := rsv.CurrentPhase(); {
	case phase == v1.PhasePending:
		return ctrl.Result{}, r.decide(ctx, &rsv)
	case phase == v1.PhaseReserved && rsv.Spec.Intent == v1.IntentRelease:
		return ctrl.Result{}, r.release(ctx, &rsv)
	default:
		return ctrl.Result{}, nil
	}
}

// decide takes the units of each item in turn and gives all of them back if
// one is short.
func (r *cartReconciler) decide(ctx context.Context, rsv *v1.Reservation) error {
	items := slices.Clone(rsv.Spec.Items)
	slices.SortFunc(items, func(a, b v1.ReservationItem) int { return cmp.Compare(a.ProductID, b.ProductID) })
	var taken []v1.Allocation
	for _, item := range items {
		key, location, err := r.find(ctx, rsv.Namespace, item.ProductID)
		if err != nil {
			return err
		}
		var available int64
		ok, err := r.change(ctx, key, func(i *v1.StockItem) bool {
			available = i.Status.OnHand - i.Status.Reserved - i.Spec.SafetyStock
			i.Status.Reserved += item.Quantity
			return item.Quantity <= available
		})
		if err != nil {
			return err
		}
		if !ok {
			if err := r.giveBack(ctx, rsv.Namespace, taken); err != nil {
				return err
			}
			short := v1.UnavailableItem{ProductID: item.ProductID, Requested: item.Quantity, Available: max(0, available)}
			outcome.Refuse(rsv, short)
			return r.Status().Update(ctx, rsv)
		}
		taken = append(taken, v1.Allocation{LocationID: location, ProductID: item.ProductID, Quantity: item.Quantity})
	}
	outcome.Reserve(rsv, taken, 15*time.Minute)
	return r.Status().Update(ctx, rsv)
}

func (r *cartReconciler) release(ctx context.Context, rsv *v1.Reservation) error {
	taken := slices.Clone(rsv.Status.Allocations)
	outcome.Release(rsv)
	if err := r.Status().Update(ctx, rsv); err != nil {
		return err
	}
	return r.giveBack(ctx, rsv.Namespace, taken)
}

func (r *cartReconciler) giveBack(ctx context.Context, namespace string, taken []v1.Allocation) error {
	for _, a := range taken {
		key, _, err := r.find(ctx, namespace, a.ProductID)
		if err != nil {
			return err
		}
		_, err = r.change(ctx, key, func(i *v1.StockItem) bool {
			i.Status.Reserved -= a.Held()
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}
