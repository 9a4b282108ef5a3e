package auditor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// mall are worlds at rest by namespace. In each somebody has erased the status of a StockItem,
// and an audit looks at it as often as it may.
type mall struct {
	worlds map[string]*world

	mu sync.Mutex // of the worlds, too
	// begun counts the audits that began, by namespace, and looks the lists of objects.
	begun map[string]int
	looks int
	// gets counts the pages that were read one by one.
	gets int
}

func newMall(t *testing.T, namespaces int) *mall {
	m := &mall{worlds: map[string]*world{}, begun: map[string]int{}}
	for i := range namespaces {
		w := settled(t)
		w.readTakes = 0
		edit(w, w.someObject(KindItem, shownAny), func(i *v1.StockItem) { i.Status = v1.StockItemStatus{} })
		m.worlds[fmt.Sprintf("shop-%d", i)] = w
	}
	return m
}

func (m *mall) list(ctx context.Context, namespace string) ([]journal.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun[namespace]++
	return m.worlds[namespace].list(ctx, namespace)
}

func (m *mall) get(ctx context.Context, namespace, name string) (*journal.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gets++
	return m.worlds[namespace].get(ctx, namespace, name)
}

func (m *mall) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := cmp.Or(key.Namespace, key.Name) // a namespace is in none
	return worldReader{m.worlds[in]}.Get(ctx, key, object, options...)
}

func (m *mall) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	var o client.ListOptions
	o.ApplyOptions(options)
	return worldReader{m.worlds[o.Namespace]}.List(ctx, list, options...)
}

// open audits all of the mall on demand, in virtual time. A namespace's own runner is its world.
func (m *mall) open(t *testing.T, o Options, runners map[string]runner) *Auditor {
	o.Clock, o.Reader, o.Busy = clock.RealClock{}, m, func(string) bool { return false }
	a := New(o)
	a.pages = m
	for name, w := range m.worlds {
		leader := runners[name]
		if leader == nil {
			leader = shared{w, &m.mu}
		}
		go a.lead(t.Context(), name, leader)
	}
	synctest.Wait()
	return a
}

// shared is the runner of a world that a test changes meanwhile.
type shared struct {
	*world
	mu *sync.Mutex
}

func (s shared) Read(read func(*stock.State, *journal.Log)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.Read(read)
}

func (m *mall) request(a *Auditor) {
	for name := range m.worlds {
		a.Request(name, "now")
	}
	synctest.Wait()
}

// audits is how many audits began, of these namespaces or of all.
func (m *mall) audits(names ...string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, begun := range m.begun {
		if len(names) == 0 || slices.Contains(names, name) {
			n += begun
		}
	}
	return n
}

// Audits that only wait, since something lags, keep no others from reading: all of a mall end
// in the time that one takes.
func TestWaitingAuditsLetOthersRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMall(t, 10)
		a := m.open(t, Options{}, nil)
		m.request(a)
		time.Sleep((maxLooks-1)*DefaultPause + time.Second)
		for name := range m.worlds {
			status, consistent, _ := a.Audit(name)
			if status.LastHandledRequest != "now" || consistent.Status != metav1.ConditionFalse {
				t.Errorf("%s: %+v, %+v", name, status, consistent)
			}
		}
	})
}

// What audits keep in memory while they wait is bounded: beyond that, no others begin.
func TestWaitingAuditsKeepLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMall(t, 5)
		a := m.open(t, Options{}, nil)
		a.turns.room.Store(0)
		m.request(a)
		if n := m.audits(); n != workers {
			t.Errorf("%d audits began, want %d", n, workers)
		}
		time.Sleep(time.Minute)
		if n := m.audits(); n < len(m.worlds) {
			t.Errorf("%d audits began within a minute", n)
		}
		if n := a.turns.room.Load(); n != 0 {
			t.Errorf("room for %d is left of none", n)
		}
	})
}

// stuck is a runner whose State does not get as far as the pages.
type stuck struct{ *world }

func (stuck) Await(ctx context.Context, _ allocator.Position) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// Namespaces whose State does not get as far as the pages keep no other from being audited,
// and are told of soon.
func TestStuckNamespaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMall(t, workers+1)
		runners := map[string]runner{}
		for i := range workers {
			name := fmt.Sprintf("shop-%d", i)
			runners[name] = stuck{m.worlds[name]}
		}
		sound := fmt.Sprintf("shop-%d", workers)
		a := m.open(t, Options{}, runners)
		for name := range runners {
			a.Request(name, "now")
		}
		synctest.Wait()
		a.Request(sound, "now")
		time.Sleep((maxLooks-1)*DefaultPause + time.Second)
		if _, consistent, ok := a.Audit(sound); !ok || consistent.Status != metav1.ConditionFalse {
			t.Errorf("the others: %+v, %t", consistent, ok)
		}
		time.Sleep(maxFailures * (awaitFor + DefaultPause))
		for name := range runners {
			_, consistent, ok := a.Audit(name)
			if n := m.audits(name); !ok || consistent.Status != metav1.ConditionUnknown || n != maxFailures {
				t.Errorf("%s: %+v after %d tries", name, consistent, n)
			}
		}
	})
}

// Time in which an audit only waited is none for which it rests.
func TestWaitingIsNotReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMall(t, 1)
		m.open(t, Options{Interval: time.Minute}, map[string]runner{"shop-0": stuck{m.worlds["shop-0"]}})
		time.Sleep(5 * time.Minute)
		if n := m.audits(); n <= maxFailures {
			t.Errorf("the namespace was audited once, with %d tries", n)
		}
	})
}

// An audit that need not wait reads all before others read.
func TestTurnIsKeptWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMall(t, 1)
		a := m.open(t, Options{}, nil)
		for range workers {
			a.turns.taken <- struct{}{}
		}
		m.request(a)
		looks := make(chan int, 1)
		go func() {
			a.turns.taken <- struct{}{} // after the audit
			m.mu.Lock()
			defer m.mu.Unlock()
			looks <- m.looks
		}()
		synctest.Wait()
		<-a.turns.taken
		if n := <-looks; n == 0 {
			t.Error("others read before the objects were read")
		}
	})
}

// An audit that waits for others to have read reads on what is written meanwhile, before its pages are
// written over.
func TestWaitingAuditKeepsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMall(t, 1)
		a := m.open(t, Options{}, nil)
		m.request(a)
		for range workers {
			a.turns.taken <- struct{}{} // while the audit only waits
		}
		time.Sleep(DefaultPause)
		synctest.Wait() // now it waits for them
		w := m.worlds["shop-0"]
		pages := w.server.Serve(journal.List{}).(journal.Listed).Pages
		for n := 0; !w.wroteOver(pages); n++ {
			if n > 1000 {
				t.Fatal("the pages are never written over")
			}
			time.Sleep(followEvery)
			m.mu.Lock()
			w.quiet = false
			w.run(time.Second)
			w.quiet = true
			w.run(4 * time.Second) // views are written
			m.mu.Unlock()
		}
		for range workers {
			<-a.turns.taken
		}
		var consistent metav1.Condition
		for told := false; !told; time.Sleep(100 * time.Millisecond) {
			_, consistent, told = a.Audit("shop-0")
		}
		if n := m.audits(); consistent.Status == metav1.ConditionUnknown || n != 1 {
			t.Errorf("%+v after %d tries", consistent, n)
		}
	})
}

// Audits that wait for others to have read leave the API server to them where nothing is written.
func TestWaitingAuditsReadNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMall(t, 5)
		a := m.open(t, Options{}, nil)
		m.request(a)
		for range workers {
			a.turns.taken <- struct{}{} // while the audits only wait
		}
		time.Sleep(DefaultPause + time.Second) // now they wait for these
		m.mu.Lock()
		before := m.gets
		m.mu.Unlock()
		time.Sleep(time.Minute)
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.gets != before || before == 0 {
			t.Errorf("%d pages are read in a minute in which nothing is written, %d before", m.gets-before, before)
		}
		for range workers {
			<-a.turns.taken
		}
	})
}

// wroteOver tells whether none of these pages is stored as it was.
func (w *world) wroteOver(pages []journal.Page) bool {
	return !slices.ContainsFunc(pages, func(p journal.Page) bool {
		is := w.server.Serve(journal.Get{Name: p.Name}).(journal.Got).Page
		return is != nil && is.Number == p.Number
	})
}

// What is written while an audit waits is kept ahead of the book, and not more of it than there may be.
func TestLittleIsKeptAhead(t *testing.T) {
	w := settled(t)
	a := w.audit()
	if err := a.first(t.Context()); err != nil {
		t.Fatal(err)
	}
	for a.reading.waiting() == 0 {
		w.quiet = false
		w.run(followEvery)
		if err := a.reading.follow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	n := a.reading.waiting()
	if err := a.reading.shorten(n); err != nil || a.reading.waiting() != n {
		t.Errorf("%d of %d records are kept ahead, %v", a.reading.waiting(), n, err)
	}
	if err := a.reading.shorten(n - 1); err != nil || a.reading.waiting() != 0 || a.reading.book.at != a.reading.end() {
		t.Errorf("%d records are kept ahead, %v", a.reading.waiting(), err)
	}
}
