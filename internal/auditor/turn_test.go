package auditor

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
)

// mall are worlds at rest by namespace. In each somebody has erased the status of a StockItem,
// and an audit looks at it as often as it may.
type mall struct {
	worlds map[string]*world
	// begun counts audits.
	begun atomic.Int32
}

func newMall(t *testing.T, namespaces int) *mall {
	m := &mall{worlds: map[string]*world{}}
	for i := range namespaces {
		w := settled(t)
		w.readTakes = 0
		edit(w, w.someObject(KindItem, shownAny), func(i *v1.StockItem) { i.Status = v1.StockItemStatus{} })
		m.worlds[fmt.Sprintf("shop-%d", i)] = w
	}
	return m
}

func (m *mall) list(ctx context.Context, namespace string) ([]journal.Page, error) {
	m.begun.Add(1)
	return m.worlds[namespace].list(ctx, namespace)
}

func (m *mall) get(ctx context.Context, namespace, name string) (*journal.Page, error) {
	return m.worlds[namespace].get(ctx, namespace, name)
}

func (m *mall) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	in := cmp.Or(key.Namespace, key.Name) // a namespace is in none
	return worldReader{m.worlds[in]}.Get(ctx, key, object, options...)
}

func (m *mall) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
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
			leader = w
		}
		go a.lead(t.Context(), name, leader)
	}
	synctest.Wait()
	return a
}

func (m *mall) request(a *Auditor) {
	for name := range m.worlds {
		a.Request(name, "now")
	}
	synctest.Wait()
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
		if n := m.begun.Load(); n != workers {
			t.Errorf("%d audits began, want %d", n, workers)
		}
		time.Sleep(time.Minute)
		if n := m.begun.Load(); int(n) < len(m.worlds) {
			t.Errorf("%d audits began within a minute", n)
		}
		if n := a.turns.room.Load(); n != 0 {
			t.Errorf("room for %d is left of none", n)
		}
	})
}

// stuck is a runner whose State does not get as far as the pages.
type stuck struct {
	*world
	awaited atomic.Int32
}

func (s *stuck) Await(ctx context.Context, _ allocator.Position) error {
	s.awaited.Add(1)
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
			runners[name] = &stuck{world: m.worlds[name]}
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
		for name, r := range runners {
			_, consistent, ok := a.Audit(name)
			if n := r.(*stuck).awaited.Load(); !ok || consistent.Status != metav1.ConditionUnknown || n != maxFailures {
				t.Errorf("%s: %+v after %d tries", name, consistent, n)
			}
		}
	})
}

// Time in which an audit only waited is none for which it rests.
func TestWaitingIsNotReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMall(t, 1)
		r := &stuck{world: m.worlds["shop-0"]}
		m.open(t, Options{Interval: time.Minute}, map[string]runner{"shop-0": r})
		time.Sleep(5 * time.Minute)
		if n := r.awaited.Load(); n <= maxFailures {
			t.Errorf("State was awaited %d times, within one audit", n)
		}
	})
}
