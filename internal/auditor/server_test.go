package auditor

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, "../../config/crd"))
}

// shop is a namespace of a real API server, one process that leads there, and its auditor.
type shop struct {
	*testing.T
	config    *rest.Config
	namespace string
	client    client.Client
	news      chan struct{}
}

func newShop(t *testing.T) *shop {
	cp := controlplanetest.Shared(t)
	scheme := runtime.NewScheme()
	s := &shop{T: t, config: cp.RESTConfig(), namespace: controlplanetest.Namespace(t, cp), news: make(chan struct{}, 1)}
	s.must(v1.AddToScheme(scheme))
	s.must(clientgoscheme.AddToScheme(scheme))
	var err error
	s.client, err = client.New(s.config, client.Options{Scheme: scheme})
	s.must(err)
	return s
}

func (s *shop) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// start runs a process with its auditor.
func (s *shop) start(name string) (r *allocator.Runner, a *Auditor, stop func()) {
	s.Helper()
	now := &allocator.ServerClock{}
	config := rest.CopyConfig(s.config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return now.Transport(next) })
	pages, err := journal.NewClient(config, nil)
	s.must(err)
	r = allocator.NewRunner(allocator.RunnerOptions{
		Client: pages, Namespace: s.namespace, Now: now.Now,
		Policy: stock.Policy{Retention: 1, Grace: 1, CompactAbove: 16 << 10, Batch: 16 << 10},
		Config: journal.Config{
			Self: journal.Leader{Name: name}, Process: name + uuid.NewString(), Fill: 4 << 10, MaxPage: 64 << 10, Spare: 2,
			WriteFormat: journal.Format, Pack: journal.Pack,
		},
	})
	a = New(Options{
		Pages: pages, Reader: s.client, Clock: clock.RealClock{}, Pause: 700 * time.Millisecond,
		Busy: func(string) bool { return false },
		Changed: func(string) {
			select {
			case s.news <- struct{}{}:
			default:
			}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			s.Error(err)
		}
	})
	running.Go(func() { a.Attend(ctx, s.namespace, r) })
	stop = func() {
		cancel()
		running.Wait()
	}
	s.Cleanup(stop)
	r.Elect(true)
	return r, a, stop
}

// ask has something decided, again and again where it was too early.
func (s *shop) ask(r *allocator.Runner, request stock.Request) stock.Answer {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	for {
		answer, err := r.Ask(ctx, request)
		s.must(err)
		if answer.Verdict != stock.Outdated {
			return answer
		}
	}
}

// receive declares units and lets the StockItem show them.
func (s *shop) receive(r *allocator.Runner, product string, units int64) *v1.StockItem {
	s.Helper()
	i := &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: product},
		Spec:       v1.StockItemSpec{ProductID: product, LocationID: "ams", Received: units},
	}
	s.must(s.client.Create(s.Context(), i))
	s.ask(r, stock.PutItem{Item: stock.Item{
		UID: stock.ID(i.UID), Name: i.Name, Product: stock.ID(product), Location: "ams", Generation: i.Generation, Version: versionOf(i),
		Received: units,
	}, Read: versionOf(i)})
	return i
}

// showItem writes the status of a StockItem as it should be.
func (s *shop) showItem(r *allocator.Runner, i *v1.StockItem) {
	s.Helper()
	r.Read(func(state *stock.State, log *journal.Log) {
		p, _ := state.Figures(stock.ID(i.UID))
		view.ShowItem(i, p, v1.AnyIDs, time.Now())
		i.Status.Position = allocator.PositionOf(log).String()
	})
	s.must(s.client.Status().Update(s.Context(), i))
}

// reserve makes a Reservation that is decided and shown.
func (s *shop) reserve(r *allocator.Runner, name string, units int64) {
	s.Helper()
	o := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Spec:       v1.ReservationSpec{CartID: name, Intent: v1.IntentHold, Items: []v1.ReservationItem{{ProductID: "mug", Quantity: units}}},
	}
	s.must(s.client.Create(s.Context(), o))
	answer := s.ask(r, stock.Reserve{Hold: 3600 * second, Verified: true, Wanted: stock.Reservation{
		ID: stock.ID(o.UID), Outcome: stock.ID(uuid.NewString()), Cart: stock.ID(name), Lines: []stock.Line{{Product: "mug", Quantity: units}},
		Object: stock.Object{UID: stock.ID(o.UID), Name: name, Version: versionOf(o)},
	}})
	view.Show(o, answer.Reservation)
	o.Status.Position = r.Position().String()
	s.must(s.client.Status().Update(s.Context(), o))
}

// until waits until something is so.
func (s *shop) until(what string, is func() bool) {
	s.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("it does not come about that %s", what)
		}
	}
}

// audit asks for an audit and waits for its end. It asks whenever there is news, as who passes
// on annotations does: what is asked before the process leads is lost.
func (s *shop) audit(a *Auditor, request string) (v1.AuditStatus, metav1.Condition) {
	s.Helper()
	for {
		a.Request(s.namespace, request)
		if status, consistent, ok := a.Audit(s.namespace); ok && status.LastHandledRequest == request {
			return status, consistent
		}
		select {
		case <-s.news:
		case <-time.After(time.Minute):
			s.Fatal("no audit came to an end")
		}
	}
}

// A namespace that is as it should be is consistent, before and after a take-over; each
// kind of object that was edited is found, and consistent again once it is put right.
func TestAuditsOfAServer(t *testing.T) {
	s := newShop(t)
	r, a, stop := s.start("first")
	mugs := s.receive(r, "mug", 100)
	for n := range 4 {
		s.reserve(r, fmt.Sprintf("cart-%d", n), 2)
	}
	s.showItem(r, mugs)
	if status, consistent := s.audit(a, "one"); consistent.Status != metav1.ConditionTrue || status.Unsettled != 0 {
		t.Fatalf("%+v, %+v", status, consistent)
	}
	mugs.Status.Reserved = 3
	s.must(s.client.Status().Update(t.Context(), mugs))
	if _, consistent := s.audit(a, "two"); consistent.Message != "StockItem mug: reserved is 3, expected 8" {
		t.Errorf("%+v", consistent)
	}
	s.showItem(r, mugs)
	var cart v1.Reservation
	s.must(s.client.Get(t.Context(), client.ObjectKey{Namespace: s.namespace, Name: "cart-2"}, &cart))
	cart.Status.Units = 7
	s.must(s.client.Status().Update(t.Context(), &cart))
	if _, consistent := s.audit(a, "three"); consistent.Message != "Reservation cart-2: units is 7, expected 2" {
		t.Errorf("%+v", consistent)
	}
	stop()
	r, a, _ = s.start("second")
	if _, consistent := s.audit(a, "four"); !strings.HasPrefix(consistent.Message, "Reservation cart-2: units is 7") {
		t.Errorf("%+v", consistent)
	}
	cart.Status.Units = 2
	s.must(s.client.Status().Update(t.Context(), &cart))
	s.must(s.client.Delete(t.Context(), mugs))
	if status, consistent := s.audit(a, "five"); consistent.Message != "StockItem mug: object is gone, expected there, as the journal says" {
		t.Errorf("%+v, %+v", status, consistent)
	}
	s.ask(r, stock.DropItem{UID: stock.ID(mugs.UID), Version: 1 << 40, Read: 1 << 40})
	if status, consistent := s.audit(a, "six"); consistent.Status != metav1.ConditionTrue {
		t.Errorf("%+v, %+v", status, consistent)
	}
}

// Audits while carts come and go as fast as they can, and pages are written over, find
// nothing and come to an end.
func TestAuditsUnderLoad(t *testing.T) {
	s := newShop(t)
	r, a, _ := s.start("only")
	mugs := s.receive(r, "mug", 1e6)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	var pause atomic.Int64 // of each shopper, after each cart
	for range 8 {
		group.Go(func() {
			for ctx.Err() == nil {
				id := stock.ID(uuid.NewString())
				_, _ = r.Ask(ctx, stock.Reserve{Hold: 3600 * second, Wanted: stock.Reservation{
					ID: id, Outcome: id, Cart: id, Lines: []stock.Line{{Product: "mug", Quantity: 1}}, Command: stock.Command{ID: id, Given: true},
				}})
				if id[0] < '8' {
					_, _ = r.Ask(ctx, stock.Release{Reservation: id})
				} else {
					_, _ = r.Ask(ctx, stock.Consume{Reservation: id})
				}
				r.Tell(stock.Publish{Number: 1 << 60})
				time.Sleep(time.Duration(pause.Load()))
			}
		})
	}
	group.Go(func() {
		for ctx.Err() == nil {
			s.showItem(r, mugs)
			time.Sleep(30 * time.Millisecond)
		}
	})
	var head uint64
	var marks stock.Marks
	audits, agreed := 0, 0
	for deadline := time.Now().Add(5 * time.Minute); (head < 15 || agreed < 3) && time.Now().Before(deadline); audits++ {
		status, consistent := s.audit(a, fmt.Sprint(audits))
		switch consistent.Status {
		case metav1.ConditionTrue:
			agreed++
		case metav1.ConditionFalse:
			t.Errorf("audit %d: %+v, %+v", audits, status, consistent)
		default: // so small a journal is written over faster than a busy machine reads it
			pause.Store(max(int64(time.Millisecond), 2*pause.Load()))
		}
		r.Read(func(state *stock.State, _ *journal.Log) { head, marks = state.Head(), state.Marks() })
	}
	cancel()
	group.Wait()
	if head < 15 || agreed < 3 {
		t.Errorf("%d audits agreed, head %d after %d outcomes: not much happened", agreed, head, marks.Outcomes)
	}
	t.Logf("%d audits, head %d, %d outcomes", audits, head, marks.Outcomes)
}
