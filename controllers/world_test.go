package controllers

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"k8s.io/utils/ptr"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/wire"
)

// world is one namespace of a real API server, and the processes that work in it.
type world struct {
	t         testing.TB
	config    *rest.Config
	namespace string
	// Client reads and writes past all processes, in the namespace.
	client.Client
	processes int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	cp := controlplanetest.Shared(t)
	w := &world{t: t, config: cp.RESTConfig(), namespace: controlplanetest.Namespace(t, cp)}
	c, err := client.New(w.config, client.Options{Scheme: worldScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	w.Client = client.NewNamespacedClient(c, w.namespace)
	return w
}

func worldScheme(t testing.TB) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1.AddToScheme, corev1.AddToScheme, eventsv1.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// process is a replica of the operator, as far as StockItems and the StockLedger go.
type process struct {
	w       *world
	name    string
	set     *namespaces.Set
	items   *StockItemReconciler
	ledgers *StockLedgerReconciler
	policy  stock.Policy
	ids     v1.IDs
	audits  Audits
	sent    Deliveries
	witness Witness
	// scope is the world's namespace where a test says nothing else, and lease empty.
	scope  namespaces.Scope
	lease  string
	faults faults
	// listing says that it has no store that could tell of which version it is.
	listing bool
	stop    func()
}

// start runs one more process until it is stopped.
func (w *world) start(modify ...func(*process)) *process {
	w.t.Helper()
	w.processes++
	p := &process{
		w: w, name: fmt.Sprintf("p%d", w.processes), ids: v1.AnyIDs, scope: namespaces.Scope{Names: []string{w.namespace}},
		policy: stock.Policy{Retention: 24 * 3600 * 1e6, Grace: 300 * 1e6, Limit: 64 << 20, CompactAbove: 1 << 20, Batch: 256 << 10},
	}
	for _, m := range modify {
		m(p)
	}
	mgr := p.manager()
	clock := &allocator.ServerClock{}
	pages := rest.CopyConfig(mgr.GetConfig())
	pages.Wrap(func(next http.RoundTripper) http.RoundTripper { return clock.Transport(next) })
	journals, err := journal.NewClient(pages, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	p.set = namespaces.New(namespaces.Options{
		Runner: allocator.RunnerOptions{
			Client: journals, Now: clock.Now, Gated: true, Policy: p.policy,
			Config: journal.Config{
				Self: journal.Leader{Name: p.name}, Process: p.name + "-" + uuid.NewString(), Fill: 16 << 10, MaxPage: 512 << 10,
				Spare: 4, WriteFormat: journal.Format, Pack: journal.Pack,
			},
		},
		Scope: p.scope,
		Read:  namespaces.Read(mgr.GetAPIReader()), Pages: namespaces.Pages(mgr.GetAPIReader()),
	})
	p.items = &StockItemReconciler{
		Client: mgr.GetClient(), APIReader: mgr.GetAPIReader(), Namespaces: p.set, Now: clock.Now, IDs: p.ids, Witness: p.witness,
	}
	p.ledgers = &StockLedgerReconciler{
		Client: mgr.GetClient(), APIReader: mgr.GetAPIReader(), Namespaces: p.set, Self: p.name, Lease: p.lease, Stocked: p.items.Stocked, Audits: p.audits, Deliveries: p.sent, Limit: p.policy.Limit, Now: clock.Now,
	}
	p.set.OnChange(p.items.Changed)
	p.set.Attend(Ledgers(mgr.GetClient()), p.items.Attend, p.ledgers.Attend)
	if err := p.items.SetupWithManager(mgr); err != nil {
		w.t.Fatal(err)
	}
	if err := p.ledgers.SetupWithManager(mgr); err != nil {
		w.t.Fatal(err)
	}
	if p.listing {
		p.items.store.indexer = nil
	}
	if err := mgr.Add(p.set); err != nil {
		w.t.Fatal(err)
	}
	p.run(mgr)
	return p
}

// manager makes the process's manager, whose requests are subject to its faults.
func (p *process) manager() ctrl.Manager {
	t, w := p.w.t, p.w
	t.Helper()
	rc := rest.CopyConfig(w.config)
	rc.Wrap(wire.Transport)
	rc.Wrap(p.faults.through)
	mgr, err := ctrl.NewManager(rc, ctrl.Options{
		Scheme: worldScheme(t), Metrics: metricsserver.Options{BindAddress: "0"}, NewClient: wire.NewClient,
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
		Cache: cache.Options{
			DefaultFieldSelector: fields.OneTermEqualSelector("metadata.namespace", w.namespace),
			ByObject:             map[client.Object]cache.ByObject{namespaces.Kind(): {Field: fields.Everything()}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return mgr
}

func (p *process) run(mgr ctrl.Manager) {
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Feed(ctx, mgr, p.set); err != nil {
		p.w.t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := mgr.Start(ctx); err != nil {
			p.w.t.Error(err)
		}
	})
	p.stop = func() {
		cancel()
		running.Wait()
	}
	p.w.t.Cleanup(func() { p.stop() })
	p.set.See(p.w.namespace)
}

// leads starts a process that leads.
func (w *world) leads(modify ...func(*process)) *process {
	w.t.Helper()
	p := w.start(modify...)
	p.lead()
	return p
}

// lead elects the process and waits until it leads.
func (p *process) lead() {
	p.w.t.Helper()
	p.set.Elect(true)
	p.w.eventually("the process leads", func() bool { return p.runner() != nil && p.runner().Leading() })
}

// freeze keeps a resource's watches from bringing anything to the process.
func (p *process) freeze(resource string) (thaw func()) {
	thaw = p.faults.freeze(resource)
	p.w.t.Cleanup(thaw)
	return thaw
}

func (p *process) runner() *allocator.Runner {
	r, _ := p.set.Find(p.w.namespace)
	return r
}

// eventually waits until something is so.
func (w *world) eventually(what string, is func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited for long: %s", what)
		}
	}
}

// receive makes a StockItem.
func (w *world) receive(name, product string, units int64) *v1.StockItem {
	w.t.Helper()
	item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.StockItemSpec{ProductID: product, Received: units}}
	if err := w.Create(context.Background(), item); err != nil {
		w.t.Fatal(err)
	}
	return item
}

// change updates a StockItem's spec.
func (w *world) change(name string, change func(*v1.StockItemSpec)) {
	w.t.Helper()
	w.eventually(name+" is changed", func() bool { // the operator may be faster
		item := w.item(name)
		change(&item.Spec)
		return w.Update(context.Background(), item) == nil
	})
}

func (w *world) item(name string) *v1.StockItem {
	w.t.Helper()
	item := &v1.StockItem{}
	if err := w.Get(context.Background(), client.ObjectKey{Name: name}, item); err != nil {
		w.t.Fatal(err)
	}
	return item
}

// shows waits until a StockItem's status is as it should be.
func (w *world) shows(name, what string, is func(s *v1.StockItemStatus) bool) *v1.StockItem {
	w.t.Helper()
	var item *v1.StockItem
	w.eventually(name+" shows "+what, func() bool {
		item = w.item(name)
		return is(&item.Status)
	})
	return item
}

func (w *world) ledger() *v1.StockLedger {
	l := &v1.StockLedger{}
	if err := w.Get(context.Background(), client.ObjectKey{Name: v1.LedgerName}, l); client.IgnoreNotFound(err) != nil {
		w.t.Fatal(err)
	}
	return l
}

func readyOf(l *v1.StockLedger) metav1.Condition {
	if c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionLedgerReady); c != nil {
		return *c
	}
	return metav1.Condition{}
}

// cartOf is the command of a cart.
func cartOf(product string, units int64) stock.Reserve {
	id := stock.ID(uuid.NewString())
	return stock.Reserve{
		Hold: 900 * 1e6,
		Wanted: stock.Reservation{
			ID: id, Outcome: stock.ID(uuid.NewString()), Cart: id, Lines: []stock.Line{{Product: stock.ID(product), Quantity: units}},
			Command: stock.Command{Source: "/shop", ID: id, Time: stock.Time(time.Now().UnixMicro()), Hash: "h"},
		},
	}
}

// reserve asks for a cart, and tells whether it got one.
func (p *process) reserve(product string, units int64) bool {
	p.w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := p.runner().Ask(ctx, cartOf(product, units))
	if err != nil || answer.Verdict != stock.Done {
		p.w.t.Fatalf("%+v, %v", answer, err)
	}
	return answer.Reservation.Phase == stock.PhaseReserved
}

// known is what a process's State says of an item.
func (p *process) known(item *v1.StockItem) (i stock.Item, ok bool) {
	p.runner().Read(func(s *stock.State, _ *journal.Log) { i, ok = s.Item(stock.ID(item.UID)) })
	return i, ok
}
