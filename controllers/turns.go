package controllers

import (
	"sync"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// ahead is how many objects of one namespace wait in a work queue at most, by priority. So many
// are ahead of an object of another namespace, however many there are to be looked at.
const ahead = 64

// turns is a work queue in which namespaces take turns: an object of a quiet namespace does not
// wait for all those of a hot one. What is beyond ahead is held back until one of its namespace
// and priority is taken out. What is added for a later time is not held back, since each object
// adds itself once. The depth that the metrics of the work queue tell leaves out what is held back.
type turns struct {
	priorityqueue.PriorityQueue[reconcile.Request]

	mu   sync.Mutex
	rows map[turn]*row
	// admitted and held are the priorities of what is in the work queue, and of what is not yet.
	admitted, held map[reconcile.Request]int
}

// turn is what objects share a row by.
type turn struct {
	namespace string
	priority  int
}

// row are the objects of one namespace and priority.
type row struct {
	admitted int
	// held are those that are held back, in order. One whose priority has been raised since is
	// passed over.
	held []reconcile.Request
}

// newTurns returns the work queue of a controller.
func newTurns(controller string, limiter workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
	return &turns{
		PriorityQueue: priorityqueue.New(controller, func(o *priorityqueue.Opts[reconcile.Request]) {
			o.Log, o.RateLimiter = log.Log.WithValues("controller", controller), limiter
		}),
		rows: map[turn]*row{}, admitted: map[reconcile.Request]int{}, held: map[reconcile.Request]int{},
	}
}

// Add implements workqueue.TypedInterface.
func (t *turns) Add(object reconcile.Request) { t.AddWithOpts(priorityqueue.AddOpts{}, object) }

// AddWithOpts implements priorityqueue.PriorityQueue.
func (t *turns) AddWithOpts(options priorityqueue.AddOpts, objects ...reconcile.Request) {
	if options.After > 0 || options.RateLimited {
		t.PriorityQueue.AddWithOpts(options, objects...)
		return
	}
	t.mu.Lock()
	var admitted admissions
	for _, object := range objects {
		t.take(object, ptr.Deref(options.Priority, 0), &admitted)
	}
	t.mu.Unlock()
	t.add(admitted)
}

// admissions are the objects that go into the work queue now, by priority.
type admissions map[int][]reconcile.Request

func (a *admissions) add(object reconcile.Request, priority int) {
	if *a == nil {
		*a = admissions{}
	}
	(*a)[priority] = append((*a)[priority], object)
}

func (t *turns) add(admitted admissions) {
	for priority, objects := range admitted {
		t.PriorityQueue.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, objects...)
	}
}

// take takes in an object that is added. The caller holds the lock.
func (t *turns) take(object reconcile.Request, priority int, admitted *admissions) {
	is, there := t.admitted[object]
	if there && priority <= is {
		return
	}
	if is, there := t.held[object]; there && priority <= is {
		return
	}
	if there {
		t.leave(object, is, admitted)
	}
	r := t.row(turn{object.Namespace, priority})
	if r.admitted < ahead {
		t.admit(r, object, priority, admitted)
		return
	}
	t.held[object] = priority
	r.held = append(r.held, object)
}

func (t *turns) row(of turn) *row {
	r := t.rows[of]
	if r == nil {
		r = &row{}
		t.rows[of] = r
	}
	return r
}

// admit lets an object into the work queue. The caller holds the lock.
func (t *turns) admit(r *row, object reconcile.Request, priority int, admitted *admissions) {
	delete(t.held, object)
	t.admitted[object] = priority
	r.admitted++
	admitted.add(object, priority)
}

// leave takes note that an object is not in its row any more, and admits the next. The caller
// holds the lock.
func (t *turns) leave(object reconcile.Request, priority int, admitted *admissions) {
	delete(t.admitted, object)
	of := turn{object.Namespace, priority}
	r := t.rows[of]
	r.admitted--
	for r.admitted < ahead && len(r.held) > 0 {
		next := r.held[0]
		r.held = r.held[1:]
		if is, there := t.held[next]; there && is == priority {
			t.admit(r, next, priority, admitted)
		}
	}
	if r.admitted == 0 {
		delete(t.rows, of)
	}
}

// GetWithPriority implements priorityqueue.PriorityQueue.
func (t *turns) GetWithPriority() (object reconcile.Request, priority int, shutdown bool) {
	object, priority, shutdown = t.PriorityQueue.GetWithPriority()
	if !shutdown {
		t.took(object)
	}
	return object, priority, shutdown
}

// Get implements workqueue.TypedInterface.
func (t *turns) Get() (object reconcile.Request, shutdown bool) {
	object, _, shutdown = t.GetWithPriority()
	return object, shutdown
}

// took lets the next of a row in, where one was taken out.
func (t *turns) took(object reconcile.Request) {
	t.mu.Lock()
	var admitted admissions
	if priority, was := t.admitted[object]; was {
		t.leave(object, priority, &admitted)
	}
	t.mu.Unlock()
	t.add(admitted)
}

// Len implements workqueue.TypedInterface: it counts what is held back, too.
func (t *turns) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.PriorityQueue.Len() + len(t.held)
}
