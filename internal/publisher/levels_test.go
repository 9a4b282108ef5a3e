package publisher

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// shelf takes in pots: so many, of which few are 3.
func (p *process) shelf(version uint64, received int64) {
	p.w.t.Helper()
	p.ask(stock.PutItem{Item: fixture.Item("pots", fixture.Stocks("pot", "ams", received), func(i *stock.Item) {
		i.LowStock, i.Version, i.Generation = 3, version, int64(version)
	}), Read: version})
	p.ask(stock.ShowItem{UID: "uid-of-pots", Generation: int64(version)})
}

func (p *process) pots(n int64) {
	p.w.t.Helper()
	p.reserve(func(r *stock.Reserve) { r.Wanted.Lines = []stock.Line{{Product: "pot", Quantity: n}} })
}

// changes are the types of the changes of stock that were accepted, in their order.
func changes(types *[]string, sink transport) transport {
	return func(w http.ResponseWriter, r *http.Request) {
		sink(w, r)
		if name, ok := strings.CutPrefix(r.Header.Get("Ce-Type"), "com.acme.inventory.stock."); ok {
			*types = append(*types, strings.TrimSuffix(name, ".v1"))
		}
	}
}

// What is remembered of a StockItem goes with it, however many come and go in one term.
func TestLevelsOfItemsThatAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newWorld(t).lead()
		b := newBench(t, 1, answerWith(http.StatusInternalServerError))
		b.options.Low = true
		l := &levels{
			Publisher: b.Publisher, namespace: "shop", source: p,
			asked: map[string]asked{}, failures: map[string]int{}, again: map[string]time.Time{},
		}
		to := &destination{sink: &target{}}
		look := func() []unsent {
			time.Sleep(2 * markAgain)
			pending := l.look(to)
			l.flush()
			return pending
		}
		look() // changes are told from now on
		for version := uint64(11); version < 31; version += 3 {
			p.shelf(version, 10)
			p.shelf(version+1, 3)
			look()
			for _, u := range look() {
				l.tell(t.Context(), b.sink, u)
			}
			if len(l.failures) != 1 || len(l.again) != 1 {
				t.Fatalf("failures %v, again %v: nothing was to be told", l.failures, l.again)
			}
			p.ask(stock.DropItem{UID: "uid-of-pots", Version: version + 2, Read: version + 2})
			look()
			look()
			if len(l.failures)+len(l.again)+len(l.asked) != 0 {
				t.Fatalf("left are failures %v, again %v, asked %v", l.failures, l.again, l.asked)
			}
		}
	})
}

// Changes of stock are told once for each crossing, from when the flags are given on, and which
// ones the flags say.
func TestChangesOfStockAreTold(t *testing.T) {
	for name, test := range map[string]struct {
		ranOut, back, low bool
		want              []string
	}{
		"none":      {want: nil},
		"all":       {true, true, true, []string{"low", "ranout", "back", "low"}},
		"ran out":   {ranOut: true, want: []string{"ranout"}},
		"back":      {back: true, want: []string{"back"}},
		"low alone": {low: true, want: []string{"low", "low", "low"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var types []string
				b := newBench(t, 1, changes(&types, answerWith(http.StatusNoContent)))
				b.options.RanOut, b.options.Back, b.options.Low = test.ranOut, test.back, test.low
				p := newWorld(t).lead()
				p.shelf(11, 10)
				defer b.attend("shop", p)()
				settled()
				for _, step := range []func(){
					func() { p.pots(7) }, func() { p.pots(1) }, // low, once
					func() { p.pots(2) },       // out
					func() { p.shelf(12, 12) }, // back, and low
					func() { p.shelf(13, 30) }, // enough
					func() { p.pots(18) },      // low again
				} {
					step()
					settled()
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if !slices.Equal(types, test.want) {
					t.Errorf("told %q, want %q", types, test.want)
				}
			})
		})
	}
}

// What came about before changes were told is not told, nor what changed while they were not.
func TestChangesOfStockAreNoHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var types []string
		p := newWorld(t).lead()
		p.shelf(11, 2)
		run := func(tell bool, during func()) {
			b := newBench(t, 1, changes(&types, answerWith(http.StatusNoContent)))
			b.options.RanOut, b.options.Back, b.options.Low = tell, tell, tell
			stop := b.attend("shop", p)
			settled()
			during()
			settled()
			settled()
			stop()
			p.depose()
			p.elect()
		}
		run(true, func() {})
		run(false, func() { p.pots(2) })
		p.Read(func(s *stock.State, _ *journal.Log) {
			for name := range s.Readers("") {
				t.Errorf("reader %s is left", name)
			}
		})
		run(true, func() {})
		if len(types) > 0 {
			t.Errorf("told %q", types)
		}
		run(true, func() { p.shelf(12, 20) })
		if !slices.Equal(types, []string{"back"}) {
			t.Errorf("told %q", types)
		}
	})
}

// A change that the sink does not take is told by whoever leads, under one id with one payload,
// though the stock has changed since; and then what became of it.
func TestTakeOverTellsChangesOfStock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, sink := newPayloads(), newSwitched(answerWith(http.StatusBadGateway))
		w := newWorld(t)
		p := w.lead()
		p.shelf(11, 5)
		all := func(b *bench) *bench {
			b.options.RanOut, b.options.Back, b.options.Low = true, true, true
			return b
		}
		stop := all(newBench(t, 1, seen.before(sink.serve))).attend("shop", p)
		settled()
		p.pots(5)
		settled()
		p.shelf(12, 9)
		settled()
		p.stop()
		stop()

		next := w.start()
		next.elect()
		after := all(newBench(t, 1, seen.before(answerWith(http.StatusNoContent))))
		defer after.attend("shop", next)()
		time.Sleep(time.Minute)
		synctest.Wait()
		ids := slices.DeleteFunc(after.accepted(), func(id string) bool { return !strings.HasPrefix(id, "uid-of-pots.") })
		equalIDs(t, "the next leader sends", ids, []string{"uid-of-pots.1", "uid-of-pots.2"})
		seen.check(t)
	})
}

// The events are what the schemas say.
func TestChangesOfStockFitTheirSchemas(t *testing.T) {
	for _, eventType := range []string{events.TypeStockRanOut, events.TypeStockBack, events.TypeStockLow} {
		l := &levels{namespace: "shop"}
		e := l.event(unsent{"stock/uid-1", level{N: 3, Tell: eventType, Change: &events.StockChanged{Name: "i", ProductID: "p", LocationID: "l"}}})
		if err := e.Validate(); err != nil || e.ID() != "uid-1.3" || e.Subject() != "p" {
			t.Errorf("%v: %s", err, e)
		}
	}
}
