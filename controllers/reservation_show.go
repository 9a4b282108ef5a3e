package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// follow passes on what the spec of an object asks for and makes it show its reservation.
func (p pass) follow(ctx context.Context, object *v1.Reservation, r *stock.Reservation) (ctrl.Result, error) {
	if r.Object.Gone {
		return ctrl.Result{}, nil // the cache is late
	}
	if _, err := passOn(ctx, p.runner, object, r, p.IDs); err != nil {
		return ctrl.Result{}, err
	}
	now, ok := p.recorded(r.ID)
	if !ok {
		return ctrl.Result{}, errJournalReset
	}
	if err := p.nameOrder(ctx, object, now.Reservation); err != nil {
		return ctrl.Result{}, err
	}
	if err := p.show(ctx, object, now); err != nil {
		return ctrl.Result{}, err
	}
	result, err := p.retire(ctx, object, now)
	if waits := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionItemsMatch); err == nil && waits != nil && waits.Reason == v1.ReasonNotThere {
		result = sooner(result, notThereAgain)
	}
	return result, err
}

// sooner is a result after which an object is looked at again within a time.
func sooner(result ctrl.Result, after time.Duration) ctrl.Result {
	if result.RequeueAfter == 0 || result.RequeueAfter > after {
		result.RequeueAfter = after
	}
	return result
}

// errJournalReset says that the journal was read anew meanwhile, and does not know the reservation.
var errJournalReset = errors.New("the journal was read anew and does not know the reservation now: it is looked at again")

// passOn asks for everything that a spec asks for and the journal does not say yet, and
// returns the reservation as it stands then.
func passOn(ctx context.Context, runner *allocator.Runner, object *v1.Reservation, r *stock.Reservation, ids v1.IDs) (*stock.Reservation, error) {
	for _, want := range allWants {
		for request := want(object, r, ids); request != nil; request = want(object, r, ids) {
			answer, err := ask(ctx, runner, request)
			if err != nil {
				return r, err
			}
			if answer.Reservation == nil {
				return r, errJournalReset
			}
			if r = answer.Reservation; answer.Verdict != stock.Done {
				break // it cannot be, or has been: what became of it is shown
			}
		}
	}
	return r, nil
}

// show makes the status of an object say how its reservation stands, unless it does. A
// status that includes more of the journal than is known here stays as it is: only proof that
// this process leads tells it from one that somebody made up.
func (p pass) show(ctx context.Context, object *v1.Reservation, now recorded) error {
	want := shownAs(object, now, p.teller(p.runner))
	if equality.Semantic.DeepEqual(want.Status, object.Status) {
		return nil
	}
	if !covers(now.position, object.Status.Position) {
		if err := p.prove(ctx); err != nil {
			return fmt.Errorf("reservation %s shows a later position than this process knows: %w", p.key, err)
		}
		var ok bool
		if now, ok = p.recorded(now.ID); !ok {
			return errJournalReset
		}
		want = shownAs(object, now, p.teller(p.runner))
	}
	want.Status.Position = now.position.String()
	if p.Witness != nil {
		p.Witness.Modified(ctx, object, want)
		p.Witness.Vouch(want)
	}
	if err := p.write(ctx, want); err != nil {
		return err
	}
	*object = *want
	return nil
}

func shownAs(object *v1.Reservation, now recorded, t teller) *v1.Reservation {
	want := object.DeepCopy()
	view.Show(want, now.Reservation)
	t.tell(want, now.Reservation)
	return want
}

// teller tells what of a spec is not carried out, by what the journal says now.
func (r *ReservationReconciler) teller(runner *allocator.Runner) teller {
	return teller{ids: r.IDs, now: stock.Time(r.Now().UnixMicro()), levels: func(product stock.ID) (text string) {
		runner.Read(func(s *stock.State, _ *journal.Log) { text = forSale(s.Locations(product)) })
		return text
	}}
}

// notThereAgain is when a shipment from a place that had too few units is tried again.
const notThereAgain = 30 * time.Second

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
	p.writes.wrote(object, p.Now())
	return nil
}

// write replaces a status. It fails if the Reservation changed since it was read.
func (p pass) write(ctx context.Context, object *v1.Reservation) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := p.Status().Update(ctx, object); err != nil {
		return fmt.Errorf("write the status of reservation %s: %w", p.key, err)
	}
	p.writes.wrote(object, p.Now())
	return nil
}
