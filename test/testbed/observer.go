package testbed

import (
	"context"
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/books"
)

// Observer sees every revision of every page of the journal, and of every object that
// shows what it says. It keeps books of its own, and fails the test when they do not add
// up, when an outcome changes, or when an object shows what the journal does not say. It
// has to begin before the first object is made.
type Observer struct {
	w        *World
	Received map[string]int64 // by "product location"
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	changed chan struct{}
	Books   *books.Books
	Last    map[types.UID]*v1.Reservation
	// Gone are the last versions of what was deleted.
	Gone   map[types.UID]*v1.Reservation
	Ledger *v1.StockLedger
	// LedgerEdited says that people edit what the ledger shows: it is not judged.
	LedgerEdited bool
	// Decided counts the carts, Leaders the writes of each operator that led, Versions
	// the revisions that were looked at, and Compared those that were compared with the
	// journal at their position.
	Decided            int
	Leaders            map[string]int
	Versions, Compared int
	// outcomes are the events of all outcomes, rendered, by id.
	outcomes map[string]string
	views    views
}

// Observe begins to watch. It ends with Stop, or with the test.
func (w *World) Observe(received map[string]int64) *Observer {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	o := &Observer{
		w: w, Received: received, cancel: cancel, changed: make(chan struct{}), Books: books.New(w.Errorf),
		Last: map[types.UID]*v1.Reservation{}, Gone: map[types.UID]*v1.Reservation{}, Leaders: map[string]int{},
		outcomes: map[string]string{}, views: newViews(),
	}
	o.Books.Outcome = o.decided
	Follow(ctx, &o.running, w, func() client.ObjectList { return &v1.JournalPageList{} }, func() {}, o.seenPage, func(*v1.JournalPage) {})
	Follow(ctx, &o.running, w, func() client.ObjectList { return &v1.StockItemList{} }, func() {}, o.seenItem, func(*v1.StockItem) {})
	Follow(ctx, &o.running, w, func() client.ObjectList { return &v1.ReservationList{} }, func() {}, o.seen, o.gone)
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
	o.checkAll()
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

// AwaitIn is Await for other goroutines than the test's own.
func (o *Observer) AwaitIn(ctx context.Context, done func() bool) error {
	for {
		o.mu.Lock()
		is, changed := done(), o.changed
		o.mu.Unlock()
		if is {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (o *Observer) seenPage(page *v1.JournalPage) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.views.newest[page.UID] = revision(page)
	o.Books.Page(journal.Decode(page))
	o.Versions++
	o.Decided, o.Leaders = o.Books.Decided, o.Books.Leaders
	for key, received := range o.Received {
		product, location := split(key)
		if reserved, consumed := o.Books.Sums(product, location); reserved+consumed > received {
			o.w.Errorf("oversold at %s: %d units of %s are held and %d consumed, and %d were received",
				o.Books.At, reserved, key, consumed, received)
		}
	}
	o.checkReached()
	o.announce()
}

// decided keeps the event that an outcome has to lead to.
func (o *Observer) decided(r *stock.Reservation) {
	if event, ok := events.Outcome(books.Shown(o.w.Namespace, r)); ok {
		o.outcomes[event.ID()] = renderSent(event)
	}
}

func (o *Observer) seen(r *v1.Reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.Last[r.UID]
	o.Last[r.UID] = r
	if _, known := o.views.consuming[r.UID]; !known && r.Spec.Intent == v1.IntentConsume {
		o.views.consuming[r.UID] = time.Now()
	}
	if before != nil && before.Decided() {
		o.compare(before, r)
	}
	o.see(r, r.Status.Position)
}

func (o *Observer) seenLedger(l *v1.StockLedger) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Ledger = l
	if o.LedgerEdited {
		o.views.newest[l.UID] = revision(l)
		o.announce()
		return
	}
	o.see(l, l.Status.Position)
}

func (o *Observer) gone(r *v1.Reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.Last, r.UID)
	o.Gone[r.UID] = r
	o.announce()
}

// Taken is how many units are held or consumed.
func (o *Observer) Taken(key string) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	reserved, consumed := o.Books.Sums(split(key))
	return reserved + consumed
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

// CatchUp waits until the observer has seen all that there is now.
func (o *Observer) CatchUp() {
	o.w.Helper()
	versions := map[types.UID]uint64{}
	for _, object := range o.w.Objects() {
		versions[object.GetUID()] = revision(object)
	}
	o.Await("the newest versions", func() bool {
		for uid, version := range versions {
			if o.views.newest[uid] < version {
				return false
			}
		}
		return true
	})
}

// announce tells those who wait. The caller holds the lock.
func (o *Observer) announce() {
	close(o.changed)
	o.changed = make(chan struct{})
}
