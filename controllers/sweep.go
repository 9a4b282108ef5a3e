package controllers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// Attend queues what has to be looked at in a namespace besides what changes: at the
// beginning of each term what the journal and the objects do not agree on, and shortly
// before its time what is to be deleted. It returns when ctx ends.
func (r *ReservationReconciler) Attend(ctx context.Context, namespace string, runner *allocator.Runner) {
	defer r.forget(namespace)
	runner.Terms(ctx, func(ctx context.Context, _ uint64) {
		var keeping sync.WaitGroup
		keeping.Go(func() { r.keepRoom(ctx, namespace, runner) })
		untilDone(ctx, func() error { return r.compare(ctx, namespace, runner) })
		wait.UntilWithContext(ctx, func(ctx context.Context) {
			if err := r.sweep(ctx, namespace, runner); err != nil && ctx.Err() == nil {
				log.FromContext(ctx).Error(err, "the next sweep tries again", "namespace", namespace)
			}
		}, r.horizon()/2)
		keeping.Wait()
		r.forget(namespace) // it is for the next leader to say
	})
}

// forget drops what is kept of a namespace while this process leads it.
func (r *ReservationReconciler) forget(namespace string) {
	r.taken.forget(namespace)
	r.making.forget(namespace)
	r.crowded.forget(namespace)
	r.surplus.forget(namespace)
	r.Queue.demanded.forget(namespace)
}

// untilDone does something until it succeeds or ctx ends.
func untilDone(ctx context.Context, do func() error) {
	// Only ctx ends it with an error.
	_ = wait.PollUntilContextCancel(ctx, time.Second, true, func(ctx context.Context) (bool, error) {
		err := do()
		if err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "it is tried again")
		}
		return err == nil, nil
	})
}

// compare queues every name on which the journal and the objects do not agree.
func (r *ReservationReconciler) compare(ctx context.Context, namespace string, runner *allocator.Runner) error {
	objects, err := r.cached(ctx, namespace)
	if err != nil {
		return err
	}
	uids := make(map[stock.ID]bool, len(objects))
	for i := range objects {
		uids[stock.ID(objects[i].UID)] = true
		if asks, agrees := agreement(runner, &objects[i], r.teller(runner)); !agrees {
			outlet := r.Queue.outlet(&objects[i])
			if asks {
				outlet = r.Queue.reservations
			}
			outlet.add(ctx, namespace, lookPriority, []string{objects[i].Name})
		}
	}
	var differ []*stock.Reservation
	for _, known := range kept(runner) {
		if unseen(known) && r.Queue.showing.wants(known) || known.Object.UID != "" && !known.Object.Gone && !uids[known.Object.UID] {
			differ = append(differ, known)
		}
	}
	r.Queue.add(ctx, namespace, lookPriority, differ)
	return nil
}

// cached are the objects of a namespace as the cache has them. Nobody may change them.
func (r *ReservationReconciler) cached(ctx context.Context, namespace string) ([]v1.Reservation, error) {
	var all v1.ReservationList
	if err := r.List(ctx, &all, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("look at the reservations of namespace %s: %w", namespace, err)
	}
	return all.Items, nil
}

// kept are the reservations of which the journal may forget nothing.
func kept(runner *allocator.Runner) (all []*stock.Reservation) {
	runner.Read(func(s *stock.State, _ *journal.Log) {
		for r := range s.Kept() {
			all = append(all, r)
		}
	})
	return all
}

// agreement tells whether an object asks for something more than the journal says, and else
// whether it shows what the journal says.
func agreement(runner *allocator.Runner, object *v1.Reservation, t teller) (asks, agrees bool) {
	var known *stock.Reservation
	runner.Read(func(s *stock.State, _ *journal.Log) { known, _ = s.Shown(stock.ID(object.UID)) })
	if known == nil {
		return false, false
	}
	if wanted(object, known, t.ids) != nil {
		return true, false
	}
	shown := v1.Reservation{Spec: object.Spec, Status: object.Status}
	shown.Generation = object.Generation
	view.Show(&shown, known)
	t.tell(&shown, known)
	return false, equality.Semantic.DeepEqual(&shown.Status, &object.Status)
}

// sweep queues what is to be deleted within the horizon. It may be one of many, as after an
// outage, and comes last.
func (r *ReservationReconciler) sweep(ctx context.Context, namespace string, runner *allocator.Runner) error {
	objects, err := r.cached(ctx, namespace)
	if err != nil {
		return err
	}
	for i := range objects {
		after, soon := r.soon(runner, &objects[i])
		if !soon {
			continue
		}
		options := priorityqueue.AddOpts{After: after, Priority: ptr.To(lookPriority)}
		r.Queue.outlet(&objects[i]).addAfter(ctx, options, namespace, objects[i].Name)
	}
	return nil
}

// soon says after how long an object is to be deleted, if that is within the horizon. One
// whose outcome was not delivered is found again by a later sweep.
func (r *ReservationReconciler) soon(runner *allocator.Runner, object *v1.Reservation) (after time.Duration, soon bool) {
	complete := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionComplete)
	if complete == nil || object.DeletionTimestamp != nil || !deletable(object) {
		return 0, false
	}
	after = r.left(runner, client.ObjectKeyFromObject(object), object.Spec.Command != nil, complete.LastTransitionTime.Time)
	if after > r.horizon() {
		return 0, false
	}
	if after > 0 {
		return after, true
	}
	undelivered := false
	runner.Read(func(s *stock.State, _ *journal.Log) {
		known, ok := s.Shown(stock.ID(object.UID))
		undelivered = ok && known.Number > s.Marks().Published
	})
	return 0, !undelivered
}
