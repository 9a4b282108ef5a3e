package controllers

import (
	"sync"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// ahead is how many objects of one namespace wait in a work queue at most, by priority. So many
// are ahead of an object of another namespace, however many there are to be looked at.
const ahead = 64

// turns is a work queue in which namespaces take turns: an object of a quiet namespace does not
// wait for all those of a hot one. What is beyond ahead is held back until one of its namespace
// and priority is taken out.
//
// What is added for a later time, or while it is worked on, enters the work queue uncounted: only
// that knows when it is ready. As it comes out, it takes its place behind what is there, as if it
// were added then. The depth that the metrics of the work queue tell leaves out what is held back.
type turns[O comparable] struct {
	priorityqueue.PriorityQueue[O]
	// namespace is that of an object.
	namespace func(O) string

	mu   sync.Mutex
	rows map[turn]*row[O]
	// admitted and held are the priorities of what is counted in the work queue, and of what is
	// held back.
	admitted, held map[O]int
	// working are those that were taken out and are not done.
	working map[O]struct{}
}

// turn is what objects share a row by.
type turn struct {
	namespace string
	priority  int
}

// row are the objects of one namespace and priority.
type row[O comparable] struct {
	admitted int
	// held are those that are held back, in order. One whose priority has been raised since is
	// passed over.
	held []O
}

// newTurns returns how the work queue of a controller is made, whose objects have a namespace.
func newTurns[O comparable](namespace func(O) string) func(controller string, limiter workqueue.TypedRateLimiter[O]) workqueue.TypedRateLimitingInterface[O] {
	return func(controller string, limiter workqueue.TypedRateLimiter[O]) workqueue.TypedRateLimitingInterface[O] {
		return &turns[O]{
			PriorityQueue: priorityqueue.New(controller, func(o *priorityqueue.Opts[O]) {
				o.Log, o.RateLimiter = log.Log.WithValues("controller", controller), limiter
			}),
			namespace: namespace,
			rows:      map[turn]*row[O]{}, admitted: map[O]int{}, held: map[O]int{}, working: map[O]struct{}{},
		}
	}
}

// Add implements workqueue.TypedInterface.
func (t *turns[O]) Add(object O) { t.AddWithOpts(priorityqueue.AddOpts{}, object) }

// AddWithOpts implements priorityqueue.PriorityQueue.
func (t *turns[O]) AddWithOpts(options priorityqueue.AddOpts, objects ...O) {
	if options.After > 0 || options.RateLimited {
		t.PriorityQueue.AddWithOpts(options, objects...)
		return
	}
	t.mu.Lock()
	var now admissions[O]
	for _, object := range objects {
		t.take(object, ptr.Deref(options.Priority, 0), &now)
	}
	t.mu.Unlock()
	t.add(now)
}

// admissions are the objects that go into the work queue now, by priority.
type admissions[O comparable] map[int][]O

func (a *admissions[O]) add(object O, priority int) {
	if *a == nil {
		*a = admissions[O]{}
	}
	(*a)[priority] = append((*a)[priority], object)
}

func (t *turns[O]) add(now admissions[O]) {
	for priority, objects := range now {
		t.PriorityQueue.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, objects...)
	}
}

// take takes in an object that is added. The caller holds the lock.
func (t *turns[O]) take(object O, priority int, now *admissions[O]) {
	if _, works := t.working[object]; works { // it would take a place and not be given out
		now.add(object, priority)
		return
	}
	is, there := t.admitted[object]
	if there && priority <= is {
		return
	}
	if is, there := t.held[object]; there && priority <= is {
		return
	}
	if there {
		t.leave(object, is, now)
	}
	r := t.row(turn{t.namespace(object), priority})
	if r.admitted < ahead {
		t.admit(r, object, priority, now)
		return
	}
	t.held[object] = priority
	r.held = append(r.held, object)
}

func (t *turns[O]) row(of turn) *row[O] {
	r := t.rows[of]
	if r == nil {
		r = &row[O]{}
		t.rows[of] = r
	}
	return r
}

// admit lets an object into the work queue. The caller holds the lock.
func (t *turns[O]) admit(r *row[O], object O, priority int, now *admissions[O]) {
	delete(t.held, object)
	t.admitted[object] = priority
	r.admitted++
	now.add(object, priority)
}

// leave takes note that an object is not in its row any more, and admits the next. The caller
// holds the lock.
func (t *turns[O]) leave(object O, priority int, now *admissions[O]) {
	delete(t.admitted, object)
	of := turn{t.namespace(object), priority}
	r := t.rows[of]
	r.admitted--
	for r.admitted < ahead && len(r.held) > 0 {
		next := r.held[0]
		r.held = r.held[1:]
		if is, there := t.held[next]; there && is == priority {
			t.admit(r, next, priority, now)
		}
	}
	if r.admitted == 0 {
		delete(t.rows, of)
	}
}

// GetWithPriority implements priorityqueue.PriorityQueue.
func (t *turns[O]) GetWithPriority() (object O, priority int, shutdown bool) {
	for {
		object, priority, shutdown = t.PriorityQueue.GetWithPriority()
		if shutdown || t.took(object, priority) {
			return object, priority, shutdown
		}
		t.PriorityQueue.Done(object)
	}
}

// Get implements workqueue.TypedInterface.
func (t *turns[O]) Get() (object O, shutdown bool) {
	object, _, shutdown = t.GetWithPriority()
	return object, shutdown
}

// took tells whether it is the turn of an object that comes out of the work queue, and lets the
// next of its row in. One that was not counted takes its place in its row instead.
func (t *turns[O]) took(object O, priority int) (turn bool) {
	t.mu.Lock()
	var now admissions[O]
	counted, turn := t.admitted[object]
	if turn {
		t.leave(object, counted, &now)
		t.working[object] = struct{}{}
	} else {
		t.take(object, priority, &now)
	}
	t.mu.Unlock()
	t.add(now)
	return turn
}

// Done implements workqueue.TypedInterface.
func (t *turns[O]) Done(object O) {
	t.mu.Lock()
	delete(t.working, object)
	t.mu.Unlock()
	t.PriorityQueue.Done(object)
}

// Len implements workqueue.TypedInterface: it counts what is held back, too.
func (t *turns[O]) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.PriorityQueue.Len() + len(t.held)
}
