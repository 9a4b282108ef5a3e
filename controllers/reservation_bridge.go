package controllers

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// make makes the object of a reservation that came through the bridge, where there is none.
func (p pass) make(ctx context.Context, named []*stock.Reservation) (ctrl.Result, error) {
	for _, r := range named {
		now, ok := p.recorded(r.ID)
		if !ok || !p.toBeMade(now) {
			continue
		}
		object, err := p.create(ctx, now.Reservation)
		if err != nil {
			p.making.set(p.key, false)
			return ctrl.Result{}, err
		}
		p.making.set(p.key, true)
		p.runner.Tell(stock.Show{Reservation: r.ID, Object: objectOf(object, r.ID)})
		return ctrl.Result{}, p.show(ctx, object, now)
	}
	return ctrl.Result{}, nil
}

// create makes an object that says what was asked for. Everything else is for its status.
func (p pass) create(ctx context.Context, r *stock.Reservation) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	object := view.Reservation(p.key.Namespace, r)
	object.Spec.Intent, object.Spec.ReleaseReason = v1.IntentHold, ""
	object.Status = v1.ReservationStatus{}
	err := p.Create(ctx, object)
	if apierrors.IsAlreadyExists(err) {
		return nil, errStale
	}
	if err != nil {
		return nil, fmt.Errorf("make reservation %s: %w", p.key, err)
	}
	p.writes.wrote(object, p.Now())
	return object, nil
}

// adopt handles an object that has spec.command and that the journal does not know: it makes the
// object the view of the reservation that its name says, or deletes it if there is none.
func (p pass) adopt(ctx context.Context, object *v1.Reservation) (ctrl.Result, error) {
	id := stock.ID(object.Name)
	now, ok := p.recorded(id)
	switch {
	case !ok:
	case !view.OfBridge(now.Reservation):
		return ctrl.Result{}, nil // its name is the uid of somebody else's object
	case now.Phase.Ended() && now.Object.UID != "" && now.Object.UID != stock.ID(object.UID):
		return ctrl.Result{}, p.remove(ctx, object) // another was its view, and it needs no more
	}
	answer, err := p.ask(ctx, stock.Show{Reservation: id, Object: objectOf(object, id)})
	switch {
	case err != nil:
		return ctrl.Result{}, err
	case answer.Verdict == stock.Unknown:
		return ctrl.Result{}, p.remove(ctx, object)
	case answer.Verdict == stock.TooLarge:
		return ctrl.Result{}, fmt.Errorf("the journal cannot note which object shows reservation %s: the record would be larger than one write", p.key)
	case answer.Verdict == stock.Conflicting:
		return ctrl.Result{}, fmt.Errorf("reservation %s had another object: it is looked at again", p.key)
	case answer.Reservation.Object.UID != stock.ID(object.UID):
		return ctrl.Result{}, nil // a newer one is its view: the cache is late
	}
	return p.follow(ctx, object, answer.Reservation)
}

// remove deletes this version of an object.
func (p pass) remove(ctx context.Context, object *v1.Reservation) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err := p.Delete(ctx, object, client.Preconditions{UID: &object.UID, ResourceVersion: &object.ResourceVersion})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete reservation %s: %w", p.key, err)
	}
	return nil
}

// noteName counts the objects of the bridge that cannot be made since somebody else's has
// the name. They are made once that is gone.
func (p pass) noteName(named []*stock.Reservation, object *v1.Reservation) {
	foreign := object != nil && object.Spec.Command == nil
	taken := false
	for _, r := range named {
		taken = taken || foreign && unseen(r)
	}
	p.taken.set(p.key, taken)
}
