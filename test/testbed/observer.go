package testbed

import (
	"context"
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// Observer sees every revision of every Reservation and fails the test when
// more is held and consumed than was received, or an outcome changes. It sees the ledger too.
type Observer struct {
	w        *World
	Received map[string]int64 // by "product location"
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	Last    map[types.UID]*v1.Reservation
	changed chan struct{}
	Decided int
	Ledger  *v1.StockLedger
	// Writers counts the writes of each operator that led, and deciders those
	// that journaled holds.
	Writers, Deciders map[string]int
	Versions          int
	// outcomes are the events of all outcomes, rendered, by id.
	outcomes map[string]string
	// Gone are the last versions of what was deleted.
	Gone map[types.UID]*v1.Reservation
	// held are the units held or consumed, by "product location", and share is
	// what a Reservation adds to them.
	held  map[string]int64
	share map[types.UID]map[string]int64
}

// Observe begins to watch. It ends with stop, or with the test.
func (w *World) Observe(received map[string]int64) *Observer {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	o := &Observer{
		w: w, Received: received, cancel: cancel,
		Last: map[types.UID]*v1.Reservation{}, changed: make(chan struct{}), Writers: map[string]int{}, Deciders: map[string]int{},
		outcomes: map[string]string{}, Gone: map[types.UID]*v1.Reservation{}, held: map[string]int64{}, share: map[types.UID]map[string]int64{},
	}
	Follow(ctx, &o.running, w, func() client.ObjectList { return &v1.ReservationList{} }, o.reset, o.seen, o.gone)
	Follow(ctx, &o.running, w, func() client.ObjectList { return &v1.StockLedgerList{} }, func() {}, o.seenLedger, func(*v1.StockLedger) {})
	w.Cleanup(func() { cancel(); o.running.Wait() })
	return o
}

// Stop ends the watch once it has seen everything there is.
func (o *Observer) Stop() {
	o.w.Helper()
	o.CatchUp()
	o.cancel()
	o.running.Wait()
}

// Await waits until the observer has seen something; done runs under its lock.
func (o *Observer) Await(what string, done func() bool) {
	o.w.Helper()
	timeout := time.After(Patience)
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

func (o *Observer) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for uid, r := range o.Last {
		if r.Status.Phase == v1.PhaseReserved {
			delete(o.Last, uid) // it is listed again, or gone
			o.count(uid, nil)
		}
	}
}

func (o *Observer) seen(r *v1.Reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.Last[r.UID]
	o.Last[r.UID] = r
	o.Versions++
	o.announce()
	if before != nil && before.Decided() {
		o.compare(before, r)
	}
	if r.Decided() && (before == nil || !before.Decided()) {
		o.Decided++
	}
	if event, ok := events.Outcome(r); ok {
		o.outcomes[event.ID()] = render(&event)
	}
	o.count(r.UID, units(r))
	for key := range o.share[r.UID] {
		if o.held[key] > o.Received[key] {
			o.w.Errorf("oversold at resourceVersion %s: %d units of %s are held or consumed and %d were received",
				r.ResourceVersion, o.held[key], key, o.Received[key])
		}
	}
}

// units are what a Reservation holds or has consumed.
func units(r *v1.Reservation) map[string]int64 {
	sum := map[string]int64{}
	for _, a := range r.Status.Allocations {
		n := a.Consumed
		if r.Status.Phase == v1.PhaseReserved {
			n += a.Held()
		}
		sum[a.ProductID+" "+a.LocationID] += n
	}
	return sum
}

// count replaces what a Reservation adds. The caller holds the lock.
func (o *Observer) count(uid types.UID, share map[string]int64) {
	for key, n := range o.share[uid] {
		o.held[key] -= n
	}
	for key, n := range share {
		o.held[key] += n
	}
	o.share[uid] = share
}

// Taken is how many units are held or consumed.
func (o *Observer) Taken(key string) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.held[key]
}

// Limit changes how many units were received, which no sum may exceed from here
// on. Call it when nothing is being decided and the observer has caught up.
func (o *Observer) Limit(key string, received int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Received[key] = received
}

// Outcomes are the events of all outcomes that ever were, rendered, by id.
func (o *Observer) Outcomes() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.outcomes)
}

// compare checks that an outcome stays what it was.
func (o *Observer) compare(before, after *v1.Reservation) {
	a, b := before.Status, after.Status
	if !equality.Semantic.DeepEqual(
		[]any{a.DecidedAt, a.ReservedAt, promised(a.Allocations), a.UnavailableItems, a.OrderID},
		[]any{b.DecidedAt, b.ReservedAt, promised(b.Allocations), b.UnavailableItems, b.OrderID}) ||
		a.Phase.Final() && !equality.Semantic.DeepEqual([]any{a.Phase, a.FoldID, a.Allocations}, []any{b.Phase, b.FoldID, b.Allocations}) ||
		b.FoldID < a.FoldID || settledFell(a.Allocations, b.Allocations) || b.Phase == v1.PhasePending {
		o.w.Errorf("the outcome of reservation %s changed from\n%+v\nto\n%+v", after.Name, a, b)
	}
}

func (o *Observer) gone(r *v1.Reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.Last, r.UID)
	o.Gone[r.UID] = r
	// What it held returns; what it consumed never does.
	consumed := map[string]int64{}
	for _, a := range r.Status.Allocations {
		consumed[a.ProductID+" "+a.LocationID] += a.Consumed
	}
	o.count(r.UID, consumed)
	o.announce()
}

// CatchUp waits until the observer has seen all that there is now.
func (o *Observer) CatchUp() {
	o.w.Helper()
	versions := map[types.UID]uint64{}
	for _, r := range o.w.Reservations() {
		versions[r.UID] = revision(&r)
	}
	o.Await("the newest versions", func() bool {
		for uid, version := range versions {
			if r := o.Last[uid]; r == nil || revision(r) < version {
				return false
			}
		}
		return true
	})
}

func (o *Observer) seenLedger(l *v1.StockLedger) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.Ledger
	o.Ledger = l
	if LedgerReady(&l.Status) {
		o.Writers[l.Status.Holder]++
		if len(l.Status.InFlight) > 0 {
			o.Deciders[l.Status.Holder]++
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
func (o *Observer) announce() {
	close(o.changed)
	o.changed = make(chan struct{})
}
