package controllers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// The priorities in a work queue. What somebody wrote into a spec comes first, at 0.
const (
	// viewPriority is that of objects that have to show what the journal says.
	viewPriority = -10
	// lookPriority is that of what a new leader looks at, and of what is late already.
	lookPriority = handler.LowPriority
)

// Queue brings what the journal changed to the controllers of Reservations, as names of
// objects.
type Queue struct {
	showing Showing
	changes inbox
	// reservations are the objects that somebody made or changed, views those of the bridge.
	reservations, views *outlet
	// demanded are the reservations that get an object whatever --show says.
	demanded names
}

// NewQueue returns a queue in which nothing waits. What is not to be shown never comes into it.
func NewQueue(showing Showing) *Queue {
	return &Queue{showing: showing, reservations: newOutlet(), views: newOutlet()}
}

// Changed takes in what was changed in a namespace. It never waits.
func (q *Queue) Changed(namespace string, c stock.Changes) { q.changes.put(namespace, c.Reservations) }

// Attend passes on what is changed in a namespace, until ctx ends.
func (q *Queue) Attend(ctx context.Context, namespace string, runner *allocator.Runner) {
	changes, leave := q.changes.attend(namespace)
	defer leave()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes.filled:
		}
		q.add(ctx, namespace, viewPriority, known(runner, q.changes.take(changes)))
	}
}

// add puts the objects of reservations into the work queues, those that have waited longest
// first.
func (q *Queue) add(ctx context.Context, namespace string, priority int, all []*stock.Reservation) {
	slices.SortFunc(all, func(a, b *stock.Reservation) int { return cmp.Compare(max(a.At, a.Ended), max(b.At, b.Ended)) })
	var made, shown []string
	for _, r := range all {
		switch {
		case !view.OfBridge(r):
			made = append(made, view.Name(r))
		case !unseen(r), q.showing.wants(r):
			shown = append(shown, view.Name(r))
		}
	}
	q.reservations.add(ctx, namespace, priority, made)
	q.views.add(ctx, namespace, priority, shown)
}

// outlet is where the name of an object belongs.
func (q *Queue) outlet(object *v1.Reservation) *outlet {
	if object.Spec.Command != nil {
		return q.views
	}
	return q.reservations
}

// Look has an object looked at. It does not wait.
func (q *Queue) Look(object *v1.Reservation) {
	q.outlet(object).look(client.ObjectKeyFromObject(object))
}

// look has an object looked at. It does not wait.
func (o *outlet) look(key client.ObjectKey) {
	select {
	case <-o.opened:
		o.addAfter(context.Background(), priorityqueue.AddOpts{Priority: ptr.To(viewPriority)}, key.Namespace, key.Name)
	default: // the first look of all is still to come
	}
}

// Waits tells whether any object waits to be looked at.
func (q *Queue) Waits() bool { return q.reservations.waits() || q.views.waits() }

func (o *outlet) waits() bool {
	select {
	case <-o.opened:
		return o.queue.Len() > 0
	default:
		return true
	}
}

// known are the reservations of these IDs, as far as State knows them.
func known(runner *allocator.Runner, ids []stock.ID) []*stock.Reservation {
	all := make([]*stock.Reservation, 0, len(ids))
	runner.Read(func(s *stock.State, _ *journal.Log) {
		for _, id := range ids {
			if r, ok := s.Reservation(id); ok {
				all = append(all, r)
			}
		}
	})
	return all
}

// Views is a source.Func for the controller of the bridge's objects.
func (q *Queue) Views(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	return q.views.open(queue)
}

// Reservations is a source.Func for the controller of the objects that somebody made.
func (q *Queue) Reservations(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	return q.reservations.open(queue)
}

// outlet is the work queue of a controller, which may be there later.
type outlet struct {
	opened chan struct{}
	once   sync.Once
	queue  priorityqueue.PriorityQueue[reconcile.Request]
}

func newOutlet() *outlet { return &outlet{opened: make(chan struct{})} }

// prioritized is a controller's work queue, which has to have priorities.
func prioritized(queue workqueue.TypedRateLimitingInterface[reconcile.Request]) (priorityqueue.PriorityQueue[reconcile.Request], error) {
	byPriority, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request])
	if !ok {
		return nil, fmt.Errorf("the work queue %T has no priorities: do not switch controller-runtime's UsePriorityQueue off", queue)
	}
	return byPriority, nil
}

func (o *outlet) open(queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	byPriority, err := prioritized(queue)
	if err != nil {
		return err
	}
	o.once.Do(func() {
		o.queue = byPriority
		close(o.opened)
	})
	return nil
}

// add puts names into the work queue as soon as there is one.
func (o *outlet) add(ctx context.Context, namespace string, priority int, names []string) {
	if len(names) == 0 {
		return
	}
	o.addAfter(ctx, priorityqueue.AddOpts{Priority: ptr.To(priority)}, namespace, names...)
}

func (o *outlet) addAfter(ctx context.Context, options priorityqueue.AddOpts, namespace string, names ...string) {
	select {
	case <-ctx.Done():
		return
	case <-o.opened:
	}
	requests := make([]reconcile.Request, len(names))
	for i, name := range names {
		requests[i] = reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
	}
	o.queue.AddWithOpts(options, requests...)
}
