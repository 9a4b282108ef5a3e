package chaos

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// history keeps every revision of every object of a namespace, as watches past
// all proxies show them. Objects of one etcd share one order of revisions, so they
// can be judged in the order in which they came to be, whatever order the watches
// tell them in.
type history struct {
	w       *testbed.World
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu        sync.Mutex
	changed   chan struct{}
	revisions []revision
	// live is the newest revision of what there is.
	live map[types.UID]uint64
	gaps int
	// decided are the Reservations that have an outcome.
	decided map[types.UID]bool
}

// revision is one object as it was from one moment on.
type revision struct {
	version uint64
	object  client.Object
	deleted bool
}

// record begins a history. It has to begin before the first object is made.
func record(w *testbed.World) *history {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	h := &history{w: w, cancel: cancel, changed: make(chan struct{}), live: map[types.UID]uint64{}, decided: map[types.UID]bool{}}
	testbed.Follow(ctx, &h.running, w, func() client.ObjectList { return &v1.ReservationList{} }, h.reset(), h.seeReservation(false), h.seeReservation(true))
	testbed.Follow(ctx, &h.running, w, func() client.ObjectList { return &v1.StockItemList{} }, h.reset(),
		func(i *v1.StockItem) { h.see(i, false) }, func(i *v1.StockItem) { h.see(i, true) })
	testbed.Follow(ctx, &h.running, w, func() client.ObjectList { return &v1.StockLedgerList{} }, h.reset(),
		func(l *v1.StockLedger) { h.see(l, false) }, func(l *v1.StockLedger) { h.see(l, true) })
	testbed.Follow(ctx, &h.running, w, func() client.ObjectList { return &v1.StockTallyList{} }, h.reset(),
		func(t *v1.StockTally) { h.see(t, false) }, func(t *v1.StockTally) { h.see(t, true) })
	w.Cleanup(func() { cancel(); h.running.Wait() })
	return h
}

func (h *history) seeReservation(deleted bool) func(*v1.Reservation) {
	return func(r *v1.Reservation) { h.see(r, deleted) }
}

// reset counts the times that a watch had to begin anew. Once is its beginning.
func (h *history) reset() func() {
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.gaps++
	}
}

func (h *history) see(object client.Object, deleted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	version := numberOf(object)
	h.revisions = append(h.revisions, revision{version, object, deleted})
	if r, ok := object.(*v1.Reservation); ok && r.Decided() {
		h.decided[r.UID] = true
	}
	if deleted {
		delete(h.live, object.GetUID())
	} else {
		h.live[object.GetUID()] = version
	}
	close(h.changed)
	h.changed = make(chan struct{})
}

// await waits until the history has something; done runs under its lock.
func (h *history) await(what string, done func() bool) {
	h.w.Helper()
	timeout := time.After(testbed.Patience)
	for {
		h.mu.Lock()
		is, changed := done(), h.changed
		h.mu.Unlock()
		if is {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			h.w.Fatalf("the history never showed %s", what)
		}
	}
}

// rest waits until nothing has changed for a while.
func (h *history) rest(quiet time.Duration) {
	h.w.Helper()
	timeout := time.After(testbed.Patience)
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(quiet):
			return
		case <-timeout:
			h.w.Fatal("the objects never came to rest")
		}
	}
}

// end stops the history once it shows all that there is, and returns it in order.
func (h *history) end() []revision {
	h.w.Helper()
	stored := h.stored()
	h.await("all that is stored", func() bool {
		for uid, version := range stored {
			if h.live[uid] < version {
				return false
			}
		}
		return len(h.live) == len(stored)
	})
	h.cancel()
	h.running.Wait()
	if h.gaps > 4 {
		h.w.Errorf("the history has gaps: %d watches began anew", h.gaps-4)
	}
	slices.SortStableFunc(h.revisions, func(a, b revision) int { return int(int64(a.version) - int64(b.version)) })
	return h.revisions
}

func (h *history) stored() map[types.UID]uint64 {
	h.w.Helper()
	stored := map[types.UID]uint64{}
	for _, list := range []client.ObjectList{&v1.ReservationList{}, &v1.StockItemList{}, &v1.StockLedgerList{}, &v1.StockTallyList{}} {
		h.w.Must(h.w.Client.List(h.w.Context(), list, client.InNamespace(h.w.Namespace)))
		for _, object := range objectsOf(list) {
			stored[object.GetUID()] = numberOf(object)
		}
	}
	return stored
}

func objectsOf(list client.ObjectList) (objects []client.Object) {
	switch list := list.(type) {
	case *v1.ReservationList:
		for i := range list.Items {
			objects = append(objects, &list.Items[i])
		}
	case *v1.StockItemList:
		for i := range list.Items {
			objects = append(objects, &list.Items[i])
		}
	case *v1.StockLedgerList:
		for i := range list.Items {
			objects = append(objects, &list.Items[i])
		}
	case *v1.StockTallyList:
		for i := range list.Items {
			objects = append(objects, &list.Items[i])
		}
	}
	return objects
}

func numberOf(object client.Object) uint64 {
	version, _ := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	return version
}
