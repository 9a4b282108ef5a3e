package controllers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

// An item is taken in, shown, sold from, and shown as it stands then.
func TestStockItem(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	item := w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.ObservedGeneration == 1 && s.Available == 10 })
	if !p.reserve("mug", 4) {
		t.Fatal("4 of 10 units are refused")
	}
	shown := w.shows("mugs", "4 reserved", func(s *v1.StockItemStatus) bool { return s.Reserved == 4 && s.Available == 6 })
	if shown.Status.Position == "" {
		t.Error("it shows no position")
	}
	if known, ok := p.known(item); !ok || known.Sellable != 10 {
		t.Errorf("the journal has %+v", known)
	}
}

// What a raise adds is sold once the status shows it, and a cart that it will serve waits.
func TestRaiseIsSoldOnceShown(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	item := w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })

	p.faults.refusing(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "later", on(http.MethodPut, "stockitems/status"))
	w.change("mugs", func(s *v1.StockItemSpec) { s.Received = 20 })
	w.eventually("the raise is taken in", func() bool { known, _ := p.known(item); return known.Received == 20 })
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if answer, err := p.runner().Ask(ctx, cartOf("mug", 15)); err == nil {
		t.Errorf("a cart of 15 gets %+v while the status shows 10", answer)
	}
	p.faults.mend()
	if !p.reserve("mug", 14) {
		t.Error("14 of 20 units are refused")
	}
	if shown := w.item("mugs"); shown.Status.ObservedGeneration != 2 {
		t.Errorf("they are sold while the status shows %+v", shown.Status)
	}
}

// A cut binds as soon as the journal has it, whatever the status shows.
func TestCutBindsAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	item := w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	p.faults.refusing(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "later", on(http.MethodPut, "stockitems/status"))
	w.change("mugs", func(s *v1.StockItemSpec) { s.Received = 5 })
	w.eventually("the cut is taken in", func() bool { known, _ := p.known(item); return known.Received == 5 })
	if p.reserve("mug", 6) {
		t.Error("6 of 5 units are sold")
	}
	p.faults.mend()
	w.shows("mugs", "the cut", func(s *v1.StockItemStatus) bool {
		return s.ObservedGeneration == 2 && s.Available == 5 && s.Refused == 1
	})
}

// madeAgain deletes an item and makes another of its name.
func (w *world) madeAgain(name, product string, units int64) *v1.StockItem {
	w.t.Helper()
	if err := w.Delete(context.Background(), w.item(name)); err != nil {
		w.t.Fatal(err)
	}
	return w.receive(name, product, units)
}

// counts waits until a process knows one item of a name and no other.
func (p *process) counts(item *v1.StockItem, before ...*v1.StockItem) {
	p.w.t.Helper()
	p.w.eventually("the journal has the new item and not the old one", func() bool {
		for _, old := range before {
			if _, ok := p.known(old); ok {
				return false
			}
		}
		_, ok := p.known(item)
		return ok
	})
}

// An item that is made again under its name is another one, also where that happened while
// nobody looked.
func TestItemMadeAgain(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	first := w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	thaw := p.freeze("stockitems") // so that the new one is there when the old one is looked for
	second := w.madeAgain("mugs", "mug", 7)
	thaw()
	p.counts(second, first)
	w.shows("mugs", "7 units", func(s *v1.StockItemStatus) bool { return s.Available == 7 && s.ObservedGeneration == 1 })

	p.stop()
	third := w.madeAgain("mugs", "mug", 5)
	p = w.leads()
	if p.reserve("mug", 6) {
		t.Error("6 of 5 units are sold")
	}
	p.counts(third, first, second)
	w.shows("mugs", "5 units", func(s *v1.StockItemStatus) bool { return s.Available == 5 && s.Refused > 0 })
}

// A process whose cache lags begins to lead: what the journal has is newer, and binds.
func TestLaggingCacheAdoptsNothing(t *testing.T) {
	w := newWorld(t)
	first := w.leads()
	cups, mugs := w.receive("cups", "cup", 10), w.receive("mugs", "mug", 10)
	w.shows("cups", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	second := w.start()
	w.eventually("the second process has its cache", func() bool { return second.items.store.version() > 0 && second.runner() != nil })
	second.freeze("stockitems")
	w.change("cups", func(s *v1.StockItemSpec) { s.Received = 3 })
	again, pots := w.madeAgain("mugs", "mug", 2), w.receive("pots", "pot", 5)
	first.counts(again, mugs)
	first.counts(pots)
	w.eventually("the cut is taken in", func() bool { known, _ := first.known(cups); return known.Received == 3 })
	first.stop()

	second.lead()
	if second.reserve("cup", 4) {
		t.Error("4 of 3 cups are sold")
	}
	if second.reserve("mug", 3) {
		t.Error("3 of 2 mugs are sold")
	}
	if err := second.items.sweep(t.Context(), w.namespace, second.runner()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // for what the sweep has queued
	if _, ok := second.known(mugs); ok {
		t.Error("the deleted item is taken in again")
	}
	if known, ok := second.known(again); !ok || known.Received != 2 {
		t.Errorf("the journal has %+v", known)
	}
	if _, ok := second.known(pots); !ok {
		t.Error("an item is gone that the cache does not have yet")
	}
	if w.item("cups").Status.Reserved != 0 {
		t.Error("the cut item shows a sale")
	}
}

// In each term carts wait until all items are read: what is not read yet is not missing.
func TestGate(t *testing.T) {
	w := newWorld(t)
	first, second := w.leads(), w.start()
	w.receive("cups", "cup", 10)
	w.shows("cups", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	w.eventually("the second process has its cache", func() bool { return second.items.store.synced() && second.runner() != nil })
	second.freeze("stockitems")
	w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	first.stop()
	w.receive("pots", "pot", 10)

	second.faults.refusing(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "later", on(http.MethodGet, "stockitems"))
	second.lead()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if answer, err := second.runner().Ask(ctx, cartOf("pot", 1)); err == nil {
		t.Errorf("a cart gets %+v before the items are read", answer)
	}
	w.eventually("the StockLedger says why", func() bool {
		ready := readyOf(w.ledger())
		return ready.Reason == v1.ReasonReadingStock && ready.Status == metav1.ConditionFalse
	})
	second.faults.mend()
	if !second.reserve("pot", 1) {
		t.Error("a cart is refused that there are units for")
	}
}

// Whatever somebody does to a status, it comes back.
func TestStatusComesBack(t *testing.T) {
	w := newWorld(t)
	notes := &witness{}
	p := w.leads(func(p *process) { p.witness = notes })
	w.receive("mugs", "mug", 10)
	good := func(s *v1.StockItemStatus) bool {
		return s.ObservedGeneration == 1 && s.Reserved == 4 && s.Available == 6 && len(s.Conditions) == 4
	}
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	p.reserve("mug", 4)
	position := w.shows("mugs", "4 reserved", good).Status.Position

	for name, edit := range map[string]func(*v1.StockItemStatus){
		"erased":               func(s *v1.StockItemStatus) { *s = v1.StockItemStatus{} },
		"other figures":        func(s *v1.StockItemStatus) { s.Available = 77 },
		"no conditions":        func(s *v1.StockItemStatus) { s.Conditions = nil },
		"a position to come":   func(s *v1.StockItemStatus) { s.Position, s.Available = position[:9]+"999.1", 77 },
		"no position at all":   func(s *v1.StockItemStatus) { s.Position, s.Available = "nowhere", 77 },
		"a generation to come": func(s *v1.StockItemStatus) { s.ObservedGeneration = 9 },
	} {
		w.eventually("the status is edited: "+name, func() bool { // the operator may be faster
			item := w.item("mugs")
			edit(&item.Status)
			return w.Status().Update(t.Context(), item) == nil
		})
		w.shows("mugs", "what it should again after: "+name, good)
	}
	if !notes.modified("mugs", 77) {
		t.Error("nobody was told that a status was changed")
	}
}

// witness notes what it is told.
type witness struct {
	mu    sync.Mutex
	shown []v1.StockItem
}

func (*witness) Vouch(client.Object) {}

func (w *witness) Modified(_ context.Context, shown, _ client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if item, ok := shown.(*v1.StockItem); ok {
		w.shown = append(w.shown, *item)
	}
	return false
}

func (w *witness) modified(name string, available int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, item := range w.shown {
		if item.Name == name && item.Status.Available == available {
			return true
		}
	}
	return false
}

// Two processes lead in turn, and one that believes to lead while the other does has an old
// State and a fresh cache: no status ever goes back.
func TestStatusNeverGoesBack(t *testing.T) {
	w := newWorld(t)
	first := w.leads()
	w.receive("mugs", "mug", 1000)
	w.shows("mugs", "1000 units", func(s *v1.StockItemStatus) bool { return s.Available == 1000 })
	second := w.start()
	w.eventually("the second process has its cache", func() bool { return second.items.store.synced() && second.runner() != nil })
	went := w.follow("mugs")
	leader, other := first, second
	for range 3 {
		thaw := leader.freeze("journalpages")
		other.lead()
		for range 5 {
			if !other.reserve("mug", 1) {
				t.Fatal("refused")
			}
		}
		reserved := w.item("mugs").Status.Reserved
		w.shows("mugs", "what was sold", func(s *v1.StockItemStatus) bool { return s.Reserved >= reserved })
		time.Sleep(500 * time.Millisecond) // for a write by the process that is behind
		leader.set.Elect(false)
		thaw()
		leader, other = other, leader
		w.eventually("the other one knows better", func() bool { return !other.runner().Leading() })
	}
	w.shows("mugs", "all that was sold", func(s *v1.StockItemStatus) bool { return s.Reserved == 15 })
	went()
}

// follow watches an item. The returned function fails the test if its position went back.
func (w *world) follow(name string) func() {
	w.t.Helper()
	watching, err := client.NewWithWatch(w.config, client.Options{Scheme: worldScheme(w.t)})
	if err != nil {
		w.t.Fatal(err)
	}
	events, err := watching.Watch(context.Background(), &v1.StockItemList{}, client.InNamespace(w.namespace))
	if err != nil {
		w.t.Fatal(err)
	}
	var following sync.WaitGroup
	following.Go(func() {
		var last allocator.Position
		for e := range events.ResultChan() {
			item, ok := e.Object.(*v1.StockItem)
			if e.Type == watch.Deleted || !ok || item.Name != name || item.Status.Position == "" {
				continue
			}
			position, err := allocator.ParsePosition(item.Status.Position)
			if err != nil || !position.Covers(last) {
				w.t.Errorf("after %s it shows %s (%v): %+v", last, item.Status.Position, err, item.Status)
			}
			last = position
		}
	})
	return func() {
		events.Stop()
		following.Wait()
	}
}

// An item waits until a worker has it, so that nobody judges what it shows before: its turn
// alone writes nothing.
func TestItemWaitsForItsWorker(t *testing.T) {
	var p itemPace
	now := time.Unix(1000, 0)
	p.changed("shop", stock.Changes{Items: []stock.ID{"a"}}, now)
	if !p.waits() {
		t.Error("a changed item does not wait")
	}
	key, _, ok := p.next(now.Add(restAfter))
	if !ok || !p.waits() {
		t.Errorf("an item whose turn has come (%t) does not wait for a worker", ok)
	}
	p.take(key)
	if p.waits() {
		t.Error("an item that a worker has waits")
	}
}

// The figures of a namespace in which few items change do not wait for those of one in which
// thousands do.
func TestItemPaceOfNamespaces(t *testing.T) {
	var p itemPace
	now := time.Unix(1000, 0)
	for i := range 5000 {
		p.changed("hot", stock.Changes{Reservations: []stock.ID{"r"}, Items: []stock.ID{stock.ID(fmt.Sprint(i))}}, now)
	}
	p.changed("quiet", stock.Changes{Items: []stock.ID{"a", "b"}}, now)
	p.changed("fresh", stock.Changes{Items: []stock.ID{"a"}}, now.Add(minStale))
	shown := map[string][]stock.ID{}
	for end := now.Add(10 * time.Second); now.Before(end); now = now.Add(paceTick) {
		p.changed("hot", stock.Changes{Reservations: []stock.ID{"r"}}, now)
		for {
			key, _, ok := p.next(now)
			if !ok {
				break
			}
			p.take(key)
			shown[key.namespace] = append(shown[key.namespace], key.uid)
		}
	}
	if n := len(shown["hot"]); n < 10 || n > 200 {
		t.Errorf("%d items of the hot namespace are shown in 10 s", n)
	}
	if !slices.Equal(shown["quiet"], []stock.ID{"a", "b"}) || len(shown["fresh"]) != 1 || shown["hot"][0] != "0" || shown["hot"][1] != "1" {
		t.Errorf("shown are %v of the quiet namespace and %v of the fresh one, of the hot one %v first", shown["quiet"], shown["fresh"], shown["hot"][:2])
	}
	if p.forget("hot"); p.waits() {
		t.Errorf("left are %v, %v", p.turns, p.since)
	}
}

// Of changed figures the stalest are shown first, few while reservations change.
func TestItemPace(t *testing.T) {
	var p itemPace
	now := time.Unix(1000, 0)
	key := func(uid stock.ID) itemKey { return itemKey{"shop", uid} }
	take := func() (taken []stock.ID) {
		for {
			k, _, ok := p.next(now)
			if !ok {
				return taken
			}
			if !p.take(k) || p.take(k) {
				t.Fatal("a turn is not taken once")
			}
			taken = append(taken, k.uid)
		}
	}
	p.changed("shop", stock.Changes{Reservations: []stock.ID{"r"}, Items: []stock.ID{"a", "b", "a"}}, now)
	if got := take(); got != nil {
		t.Errorf("%v are shown at once", got)
	}
	now = now.Add(restAfter)
	if got := take(); len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("%v are shown after a rest, want a and b", got)
	}
	working := func(carts int) (written int) {
		all := stock.Changes{Reservations: make([]stock.ID, carts), Items: []stock.ID{"a", "b", "c", "d", "e", "f", "g", "h"}}
		for end := now.Add(10 * time.Second); now.Before(end); now = now.Add(paceTick) {
			p.changed("shop", all, now)
			written += len(take())
		}
		return written
	}
	working(1) // what is left of the rest
	if n := working(1); n < 20 || n > 50 {
		t.Errorf("%d items are shown for 500 carts in 10 s", n)
	}
	if n := working(100); n < 80 || n > 10*busyRate+busyBurst {
		t.Errorf("%d items are shown for 50000 carts in 10 s", n)
	}
	p.mark(key("z"), now)
	p.forget("shop")
	now = now.Add(time.Hour)
	if got := take(); got != nil {
		t.Errorf("%v are shown after the term", got)
	}
}

// A spec is shown once the journal has it, and not before.
func TestSpecIsShownOnceJournaled(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	p.faults.refusing(http.StatusForbidden, metav1.StatusReasonForbidden, "no", on(http.MethodPut, "journalpages"))
	w.change("mugs", func(s *v1.StockItemSpec) { s.Received = 20 })
	time.Sleep(time.Second)
	if s := w.item("mugs").Status; s.ObservedGeneration != 1 || s.OnHand != 10 {
		t.Errorf("a spec is shown that the journal does not have: %+v", s)
	}
	p.faults.mend()
	w.shows("mugs", "20 units", func(s *v1.StockItemStatus) bool { return s.ObservedGeneration == 2 && s.Available == 20 })
}
