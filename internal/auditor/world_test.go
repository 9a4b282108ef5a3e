package auditor

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/outcomes"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, "../../config/crd"))
}

// patience is how long a test waits for what must come. It is never slept for.
const patience = time.Minute

// world is a namespace of a real API server with an operator in this process.
type world struct {
	*testing.T
	client    client.WithWatch
	namespace string
	stock     *lossy
	told      chan allocator.Audited
}

// lossy is an allocator that some deletions of Reservations never reach, and
// whose verdicts the test sees.
type lossy struct {
	*allocator.Allocator
	told chan allocator.Audited

	mu       sync.Mutex
	withheld map[types.UID]bool
}

func (l *lossy) ReservationGone(namespace string, uid types.UID) {
	l.mu.Lock()
	lost := l.withheld[uid]
	l.mu.Unlock()
	if !lost {
		l.Allocator.ReservationGone(namespace, uid)
	}
}

func (l *lossy) withhold(uid types.UID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.withheld[uid] = true
}

func (l *lossy) Audited(namespace string, found allocator.Audited) {
	l.Allocator.Audited(namespace, found)
	l.told <- found
}

// operate starts an operator for a new namespace, and stops it with the test.
func operate(t *testing.T, interval, pause time.Duration) *world {
	t.Helper()
	cp := controlplanetest.Shared(t)
	scheme := runtime.NewScheme()
	w := &world{T: t, namespace: controlplanetest.Namespace(t, cp), told: make(chan allocator.Audited, 1000)}
	w.must(v1.AddToScheme(scheme))
	var err error
	w.client, err = client.NewWithWatch(cp.RESTConfig(), client.Options{Scheme: scheme})
	w.must(err)
	mgr, err := ctrl.NewManager(cp.RESTConfig(), ctrl.Options{
		Scheme:  scheme,
		Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		Cache:      cache.Options{DefaultFieldSelector: fields.OneTermEqualSelector("metadata.namespace", w.namespace)},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
	})
	w.must(err)
	ctx, stop := context.WithCancel(context.Background())
	w.wire(ctx, mgr, interval, pause)
	stopped := make(chan error, 1)
	go func() { stopped <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Errorf("the operator ended with: %v", err)
		}
	})
	return w
}

// wire is what main does, without a sink and a bridge.
func (w *world) wire(ctx context.Context, mgr manager.Manager, interval, pause time.Duration) {
	w.Helper()
	now, board := clock.RealClock{}, outcomes.NewBoard()
	w.stock = &lossy{told: w.told, withheld: map[types.UID]bool{}, Allocator: allocator.New(allocator.Options{
		Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Cache: mgr.GetClient(), Name: "test", DefaultHold: time.Hour, Clock: now,
	})}
	synced, err := controllers.Feed(ctx, mgr, w.stock, board)
	w.must(err)
	w.must(mgr.Add(w.stock.After(synced)))
	reservations := &controllers.ReservationReconciler{
		Client: mgr.GetClient(), APIReader: mgr.GetAPIReader(), Allocator: w.stock, Board: board,
		Retention: controllers.Retention{After: time.Second, Delivered: func(*v1.Reservation) bool { return true }, Clock: now},
		Clock:     now, Workers: 64,
	}
	w.must(reservations.SetupWithManager(mgr))
	audits := New(Options{
		Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Stock: w.stock, Clock: now, Interval: interval, Pause: pause,
	})
	w.must(audits.SetupWithManager(mgr))
	items := &controllers.StockItemReconciler{Client: mgr.GetClient(), Stock: w.stock, Clock: now, Meddled: audits.ItemMeddled}
	w.must(items.SetupWithManager(mgr))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) receive(product string, received int64) {
	w.Helper()
	w.must(w.client.Create(w.Context(), &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: product},
		Spec:       v1.StockItemSpec{ProductID: product, LocationID: "ams", Received: received},
	}))
}

func (w *world) reserve(name, product string, quantity int64) *v1.Reservation {
	w.Helper()
	r := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1.ReservationSpec{CartID: name, Intent: v1.IntentHold,
			Items: []v1.ReservationItem{{ProductID: product, Quantity: quantity}}},
	}
	w.must(w.client.Create(w.Context(), r))
	return r
}

// request asks for an audit.
func (w *world) request(value string) {
	w.Helper()
	l := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: v1.LedgerName}}
	patch := `{"metadata":{"annotations":{"` + v1.AuditRequestedAnnotation + `":"` + value + `"}}}`
	w.must(w.client.Patch(w.Context(), l, client.RawPatch(types.MergePatchType, []byte(patch))))
}

// await watches a kind until one object is as it should be.
func await[T client.Object](w *world, list client.ObjectList, done func(T) bool) T {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	watcher, err := w.client.Watch(ctx, list, client.InNamespace(w.namespace))
	w.must(err)
	defer watcher.Stop()
	var last T
	for event := range watcher.ResultChan() {
		object, ok := event.Object.(T)
		if !ok || event.Type == watch.Deleted {
			continue
		}
		if last = object; done(object) {
			return object
		}
	}
	w.Fatalf("never became what it should; last seen: %+v", last)
	return last
}
