package controllers

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// follow passes on what the spec of an object asks for and makes it show its reservation.
func (p pass) follow(ctx context.Context, object *v1.Reservation, r *stock.Reservation) (ctrl.Result, error) {
	if r.Object.Gone {
		return ctrl.Result{}, nil // the cache is late
	}
	if _, err := passOn(ctx, p.runner, object, r); err != nil {
		return ctrl.Result{}, err
	}
	now, ok := p.said(r.ID)
	if !ok {
		return ctrl.Result{}, errUnsaid
	}
	if err := p.nameOrder(ctx, object, now.Reservation); err != nil {
		return ctrl.Result{}, err
	}
	if err := p.show(ctx, object, now); err != nil {
		return ctrl.Result{}, err
	}
	return p.retire(ctx, object, now)
}

// errUnsaid says that the journal was read anew meanwhile.
var errUnsaid = errors.New("the journal does not say any more what it said: it is looked at again")

// passOn asks for everything that a spec asks for and the journal does not say yet, and
// returns the reservation as it stands then.
func passOn(ctx context.Context, runner *allocator.Runner, object *v1.Reservation, r *stock.Reservation) (*stock.Reservation, error) {
	for request := wanted(object, r); request != nil; request = wanted(object, r) {
		answer, err := ask(ctx, runner, request)
		if err != nil {
			return r, err
		}
		if answer.Reservation == nil {
			return r, errUnsaid
		}
		if r = answer.Reservation; answer.Verdict != stock.Done {
			break // it cannot be, or has been: what became of it is shown
		}
	}
	return r, nil
}

// errBehind says that an object shows more than this process knows.
var errBehind = errors.New("its status includes more of the journal than is known here")

// show makes the status of an object say how its reservation stands, unless it says so, or
// says more than this process knows.
func (p pass) show(ctx context.Context, object *v1.Reservation, now said) error {
	before := object.Status.DeepCopy()
	view.Show(object, now.Reservation)
	if equality.Semantic.DeepEqual(before, &object.Status) {
		return nil
	}
	if shown, err := allocator.ParsePosition(before.Position); err == nil && !now.position.Covers(shown) {
		return fmt.Errorf("reservation %s: %w: that is %s, this %s", p.key, errBehind, before.Position, now.position)
	}
	object.Status.Position = now.position.String()
	return p.write(ctx, object)
}

// nameOrder lets the spec name the order that a cart became by way of the bridge.
func (p pass) nameOrder(ctx context.Context, object *v1.Reservation, r *stock.Reservation) error {
	if r.LaterOrder == "" || object.Spec.OrderID != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	before := object.DeepCopy()
	object.Spec.OrderID = string(r.LaterOrder)
	if err := p.Patch(ctx, object, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("name the order of reservation %s: %w", p.key, err)
	}
	return nil
}

// write replaces a status. It fails if the Reservation changed since it was read.
func (p pass) write(ctx context.Context, object *v1.Reservation) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := p.Status().Update(ctx, object); err != nil {
		return fmt.Errorf("write the status of reservation %s: %w", p.key, err)
	}
	return nil
}
