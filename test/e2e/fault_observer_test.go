package e2e

import (
	"context"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// observer sees every revision of every Reservation and fails the test when
// more is held and consumed than was received, or an outcome changes. It sees the ledger too.
type observer struct {
	w        *world
	received map[string]int64 // by "product location"
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	last    map[types.UID]*v1.Reservation
	changed chan struct{}
	decided int
	ledger  *v1.StockLedger
	// writers counts the writes of each operator that led, and deciders those
	// that journaled holds.
	writers, deciders map[string]int
	versions          int
}

// observe begins to watch. It ends with stop, or with the test.
func (w *world) observe(received map[string]int64) *observer {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	o := &observer{
		w: w, received: received, cancel: cancel,
		last: map[types.UID]*v1.Reservation{}, changed: make(chan struct{}), writers: map[string]int{}, deciders: map[string]int{},
	}
	o.running.Go(func() {
		follow(ctx, w, func() client.ObjectList { return &v1.ReservationList{} }, o.reset, o.seen, o.gone)
	})
	o.running.Go(func() {
		follow(ctx, w, func() client.ObjectList { return &v1.StockLedgerList{} }, func() {}, o.seenLedger, func(*v1.StockLedger) {})
	})
	w.Cleanup(func() { cancel(); o.running.Wait() })
	return o
}

// stop ends the watch once it has seen everything there is.
func (o *observer) stop() {
	o.w.Helper()
	versions := map[types.UID]uint64{}
	for _, r := range o.w.reservations() {
		versions[r.UID] = revision(&r)
	}
	o.await("the newest versions", func() bool {
		for uid, version := range versions {
			if r := o.last[uid]; r == nil || revision(r) < version {
				return false
			}
		}
		return true
	})
	o.cancel()
	o.running.Wait()
}

// await waits until the observer has seen something; done runs under its lock.
func (o *observer) await(what string, done func() bool) {
	o.w.Helper()
	timeout := time.After(patience)
	for {
		o.mu.Lock()
		is, changed := done(), o.changed
		o.mu.Unlock()
		if is {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			o.w.Fatalf("the observer never saw %s", what)
		}
	}
}

func (o *observer) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for uid, r := range o.last {
		if r.Status.Phase == v1.PhaseReserved {
			delete(o.last, uid) // it is listed again, or gone
		}
	}
}

func (o *observer) seen(r *v1.Reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.last[r.UID]
	o.last[r.UID] = r
	o.versions++
	o.announce()
	if before != nil && before.Decided() {
		o.compare(before, r)
	}
	if r.Decided() && (before == nil || !before.Decided()) {
		o.decided++
	}
	held := map[string]int64{}
	for _, other := range o.last {
		for _, a := range other.Status.Allocations {
			units := a.Consumed
			if other.Status.Phase == v1.PhaseReserved {
				units += a.Held()
			}
			held[a.ProductID+" "+a.LocationID] += units
		}
	}
	for key, units := range held {
		if units > o.received[key] {
			o.w.Errorf("oversold at resourceVersion %s: %d units of %s are held or consumed and %d were received",
				r.ResourceVersion, units, key, o.received[key])
		}
	}
}

// compare checks that an outcome stays what it was.
func (o *observer) compare(before, after *v1.Reservation) {
	a, b := before.Status, after.Status
	if !equality.Semantic.DeepEqual(
		[]any{a.DecidedAt, a.ReservedAt, promised(a.Allocations), a.UnavailableItems, a.OrderID},
		[]any{b.DecidedAt, b.ReservedAt, promised(b.Allocations), b.UnavailableItems, b.OrderID}) ||
		a.Phase.Final() && !equality.Semantic.DeepEqual([]any{a.Phase, a.FoldID, a.Allocations}, []any{b.Phase, b.FoldID, b.Allocations}) ||
		b.FoldID < a.FoldID || settledFell(a.Allocations, b.Allocations) || b.Phase == v1.PhasePending {
		o.w.Errorf("the outcome of reservation %s changed from\n%+v\nto\n%+v", after.Name, a, b)
	}
}

func (o *observer) gone(r *v1.Reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.last, r.UID)
	o.announce()
}

func (o *observer) seenLedger(l *v1.StockLedger) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.ledger
	o.ledger = l
	if ledgerReady(&l.Status) {
		o.writers[l.Status.Holder]++
		if len(l.Status.InFlight) > 0 {
			o.deciders[l.Status.Holder]++
		}
	}
	o.announce()
	if before == nil || before.UID != l.UID {
		return
	}
	if a, b := &before.Status, &l.Status; b.Epoch < a.Epoch || b.Epoch == a.Epoch && a.Holder != b.Holder {
		o.w.Errorf("the ledger went from epoch %d of %s to epoch %d of %s", a.Epoch, a.Holder, b.Epoch, b.Holder)
	}
}

// announce tells those who wait. The caller holds the lock.
func (o *observer) announce() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// follow calls seen for every version of every object of a kind in the world's
// namespace. Where the API server has forgotten the versions in between, it
// calls reset and goes on with what there is.
func follow[T client.Object](
	ctx context.Context, w *world, list func() client.ObjectList, reset func(), seen, gone func(T),
) {
	version := ""
	for ctx.Err() == nil {
		watcher, err := w.client.Watch(ctx, list(), client.InNamespace(w.namespace),
			&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version}})
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			version = ""
		}
		if err != nil {
			continue // the API server may be away for a moment
		}
		if version == "" {
			reset()
		}
		version = followEvents(watcher, version, seen, gone)
	}
}

func followEvents[T client.Object](watcher watch.Interface, version string, seen, gone func(T)) string {
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		object, ok := event.Object.(T)
		if !ok { // an error: begin anew
			return ""
		}
		version = object.GetResourceVersion()
		if event.Type == watch.Deleted {
			gone(object)
		} else {
			seen(object)
		}
	}
	return version
}

func revision(object client.Object) uint64 {
	version, _ := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	return version
}

// awaitClosed waits for a channel to close.
func awaitClosed(w *world, c <-chan struct{}, what string) {
	w.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		w.Fatalf("waited in vain for %s", what)
	}
}
