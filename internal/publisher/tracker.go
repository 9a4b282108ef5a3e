package publisher

import (
	"container/heap"

	"k8s.io/apimachinery/pkg/types"
)

// tracker knows which outcomes are still to be delivered and how far each
// namespace's cursor may move. It does no I/O and reads no clock; its owner locks.
//
// The rule of the cursor: an outcome that was neither acknowledged nor marked
// Delivered=False, and whose Reservation still exists, has a resourceVersion that is
// not below its namespace's cursor. So the next process, which sends what is decided
// and not below the cursor, meets it. A deleted Reservation is met by nobody after a
// restart, so the cursor need not wait for it, though it does.
//
// Pending outcomes are easy: the cursor is not above the lowest of them. The question
// is what may come that the handler has not been told of yet, and "the highest
// resourceVersion handled" does not answer it, since after a relist the informer tells
// objects in any order. What holds with client-go's in-order queue (RealFIFO; its gate
// InOrderInformers is locked on):
//
//   - The reflector puts each watch event, and each list as a whole, into the queue
//     before it sets LastSyncResourceVersion to its resourceVersion (handleAnyWatch:
//     store.Add/Update/Delete, then the callback; list and watchList: Replace, then
//     setLastSyncResourceVersion). So whatever LastSyncResourceVersion says, every
//     change up to it was queued before.
//   - The queue is emptied in order, and the informer's listener passes events on in
//     order, so the handler sees them in the order in which they were queued.
//   - Watch events are queued in the order of their resourceVersions. A list is never
//     older than what was synced before (reflector: NotOlderThan that version), and
//     what it holds up to that version was queued before it.
//
// Hence: with fence = LastSyncResourceVersion at any moment, every change up to fence
// was queued before any change above it. When the handler meets a change above fence,
// all changes up to fence are behind it. Then fence is safe, and the next fence is
// taken. The first events, which a new handler gets from the store in any order, prove
// nothing and are not passed to order.
//
// That leaves the tail when changes stop coming; see settle.
type tracker struct {
	namespaces map[string]*namespace
	pending    map[types.UID]*outcome
	// recent holds the acknowledged outcomes whose newest version known is above
	// safe. Below it, what is not pending is acknowledged, so nothing is kept: memory
	// grows with activity and not with the number of open Reservations.
	recent map[types.UID]uint64

	// Every change up to safe was handled. Zero while nothing is known.
	safe  uint64
	fence uint64
}

// namespace is where one namespace stands.
type namespace struct {
	// start is the cursor at the start of this process: what is below is delivered.
	start uint64
	// top is the highest resourceVersion of a decided Reservation handled.
	top uint64
	// holding are the pending outcomes that hold the cursor.
	holding byFirst
	// backlog is the number of pending outcomes, aside of them those that were refused
	// and do not hold the cursor.
	backlog, aside int
	// objects is the number of Reservations there are.
	objects int
	// told is what was reported last.
	told progress
}

// progress is what the journal is told of a namespace.
type progress struct {
	cursor  uint64
	backlog int
}

// outcome is one decided Reservation that the sink has not acknowledged. The object
// itself is read from the informer's store when it is sent.
type outcome struct {
	namespace, name string
	uid             types.UID
	// first is the resourceVersion at which it was first seen decided, latest the
	// newest seen.
	first, latest uint64
	place         int
	delivery      delivery
}

func newTracker() *tracker {
	return &tracker{
		namespaces: map[string]*namespace{},
		pending:    map[types.UID]*outcome{},
		recent:     map[types.UID]uint64{},
	}
}

// resume sets where the process before this one stood.
func (t *tracker) resume(name string, p progress) {
	ns := t.namespace(name)
	ns.start, ns.told = p.cursor, p
}

func (t *tracker) namespace(name string) *namespace {
	ns := t.namespaces[name]
	if ns == nil {
		ns = &namespace{}
		t.namespaces[name] = ns
	}
	return ns
}

// decided takes notice of an outcome met for the first time and tells whether it is
// to be sent. One below the cursor was delivered before this process started, unless
// its Reservation says that it was refused.
func (t *tracker) decided(o *outcome, refused bool) bool {
	ns := t.namespace(o.namespace)
	ns.top = max(ns.top, o.latest)
	if known := t.pending[o.uid]; known != nil {
		known.latest = max(known.latest, o.latest)
		return false
	}
	if o.latest < ns.start && !refused {
		return false
	}
	t.pending[o.uid] = o
	ns.backlog++
	if refused {
		ns.aside++
		o.place = nowhere
	} else {
		heap.Push(&ns.holding, o)
	}
	return true
}

// changed takes notice of a newer version of an outcome met before, or of one that
// needs no sending.
func (t *tracker) changed(name string, uid types.UID, version uint64) {
	ns := t.namespace(name)
	ns.top = max(ns.top, version)
	if known := t.pending[uid]; known != nil {
		known.latest = max(known.latest, version)
		return
	}
	if version >= ns.start {
		t.remember(uid, version)
	}
}

func (t *tracker) remember(uid types.UID, version uint64) {
	if version > t.safe {
		t.recent[uid] = version
	}
}

// acknowledged takes an outcome out: it is delivered.
func (t *tracker) acknowledged(o *outcome) {
	ns := t.namespace(o.namespace)
	if o.place == nowhere {
		ns.aside--
	} else {
		heap.Remove(&ns.holding, o.place)
	}
	ns.backlog--
	delete(t.pending, o.uid)
	t.remember(o.uid, o.latest)
}

// setAside lets the cursor pass a refused outcome. It stays pending.
func (t *tracker) setAside(o *outcome) {
	if o.place == nowhere {
		return
	}
	ns := t.namespace(o.namespace)
	heap.Remove(&ns.holding, o.place)
	ns.aside++
}

// delivered tells whether a decided Reservation of this version is known to be
// acknowledged.
func (t *tracker) delivered(name string, uid types.UID, version uint64) bool {
	if t.pending[uid] != nil {
		return false
	}
	if ns := t.namespaces[name]; ns != nil && version < ns.start {
		return true
	}
	if _, ok := t.recent[uid]; ok {
		return true
	}
	return version <= t.safe
}
