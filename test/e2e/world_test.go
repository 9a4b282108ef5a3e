package e2e

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// patience is how long a test waits for what must come. It is never slept for.
const patience = 60 * time.Second

// world is one test's namespace, seen by an administrator.
type world struct {
	testing.TB
	cp         *controlplane.ControlPlane
	client     client.WithWatch
	namespace  string
	kubeconfig string // of the operator's own ServiceAccount
}

func newWorld(t testing.TB) *world {
	t.Helper()
	cp := controlplanetest.Shared(t)
	return worldOn(t, cp)
}

func worldOn(t testing.TB, cp *controlplane.ControlPlane) *world {
	t.Helper()
	build(t)
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.NewWithWatch(cp.RESTConfig(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		TB: t, cp: cp, client: c,
		namespace:  controlplanetest.Namespace(t, cp),
		kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"),
	}
	t.Cleanup(w.clear)
	if err := cp.ServiceAccountKubeconfig(t.Context(), "inventory-system", "inventory-operator", w.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return w
}

// clear leaves nothing in the namespace that the operators of later tests would
// take over.
func (w *world) clear() {
	for _, kind := range []client.Object{&v1.StockItem{}, &v1.Reservation{}, &v1.StockLedger{}} {
		if err := w.client.DeleteAllOf(context.Background(), kind, client.InNamespace(w.namespace)); err != nil {
			w.Logf("the namespace is not cleared: %v", err)
		}
	}
}

// stock makes a StockItem and waits until an operator shows it.
func (w *world) stock(name, product, location string, received int64) *v1.StockItem {
	w.Helper()
	item := w.declare(name, product, location, received)
	w.awaitItem(name, func(i *v1.StockItem) bool { return i.Status.ObservedGeneration == i.Generation })
	return item
}

// declare makes a StockItem.
func (w *world) declare(name, product, location string, received int64) *v1.StockItem {
	w.Helper()
	item := &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec:       v1.StockItemSpec{ProductID: product, LocationID: location, Received: received},
	}
	w.must(w.client.Create(w.Context(), item))
	return item
}

// reservation makes a Reservation as kubectl would.
func (w *world) reservation(name string, items ...v1.ReservationItem) *v1.Reservation {
	w.Helper()
	r := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec:       v1.ReservationSpec{CartID: "cart-" + name, Items: items},
	}
	w.must(w.client.Create(w.Context(), r))
	return r
}

func line(product string, quantity int64) v1.ReservationItem {
	return v1.ReservationItem{ProductID: product, Quantity: quantity}
}

func (w *world) awaitItem(name string, done func(*v1.StockItem) bool) *v1.StockItem {
	w.Helper()
	return await(w, &v1.StockItemList{}, name, done)
}

func (w *world) awaitReservation(name string, done func(*v1.Reservation) bool) *v1.Reservation {
	w.Helper()
	return await(w, &v1.ReservationList{}, name, done)
}

func (w *world) awaitPhase(name string, phase v1.Phase) *v1.Reservation {
	w.Helper()
	return w.awaitReservation(name, func(r *v1.Reservation) bool { return r.Status.Phase == phase })
}

func (w *world) awaitLedger(done func(*v1.StockLedger) bool) *v1.StockLedger {
	w.Helper()
	return await(w, &v1.StockLedgerList{}, v1.LedgerName, done)
}

// await watches one object until it is as it should be.
func await[T client.Object](w *world, list client.ObjectList, name string, done func(T) bool) T {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	var last T
	for ctx.Err() == nil {
		watcher, err := w.client.Watch(ctx, list, client.InNamespace(w.namespace),
			client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", name)})
		if err != nil {
			continue // the API server may be away for a moment
		}
		if found, ok := awaitEvent(watcher, &last, done); ok {
			return found
		}
	}
	w.Fatalf("%s never became what it should; last seen: %+v", name, last)
	return last
}

func awaitEvent[T client.Object](watcher watch.Interface, last *T, done func(T) bool) (T, bool) {
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		object, ok := event.Object.(T)
		if !ok || event.Type == watch.Deleted {
			continue
		}
		*last = object
		if done(object) {
			return object, true
		}
	}
	return *last, false
}

// awaitGone waits until no Reservation of this name is left.
func (w *world) awaitGone(name string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	selector := client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", name)}
	watcher, err := w.client.Watch(ctx, &v1.ReservationList{}, client.InNamespace(w.namespace), selector)
	w.must(err)
	defer watcher.Stop()
	var list v1.ReservationList
	w.must(w.client.List(ctx, &list, client.InNamespace(w.namespace), selector))
	if len(list.Items) == 0 {
		return
	}
	for event := range watcher.ResultChan() {
		if event.Type == watch.Deleted {
			return
		}
	}
	w.Fatalf("reservation %s was never deleted", name)
}

func (w *world) reservations() []v1.Reservation {
	w.Helper()
	var list v1.ReservationList
	w.must(w.client.List(w.Context(), &list, client.InNamespace(w.namespace)))
	return list.Items
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// settle waits until the ledger rests: nothing in flight, nothing undelivered,
// and totals that agree with the Reservations and with every StockItem.
func (w *world) settle() {
	w.Helper()
	w.awaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Recovered && len(l.Status.InFlight) == 0 && l.Status.OpenFold == nil
	})
	held := map[string]int64{}
	var total int64
	for _, r := range w.reservations() {
		if r.Status.Phase != v1.PhaseReserved {
			continue
		}
		for _, a := range r.Status.Allocations {
			held[a.ProductID+" "+a.LocationID] += a.Held()
			total += a.Held()
		}
	}
	w.awaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Recovered && len(l.Status.InFlight) == 0 && l.Status.Totals.Reserved == total &&
			l.Status.Totals.Backlog == 0
	})
	var items v1.StockItemList
	w.must(w.client.List(w.Context(), &items, client.InNamespace(w.namespace)))
	for _, item := range items.Items {
		want := held[item.Spec.ProductID+" "+item.Spec.LocationID]
		w.awaitItem(item.Name, func(i *v1.StockItem) bool {
			return i.Status.Reserved == want && i.Status.Available == max(0, i.Spec.Received-i.Status.Consumed-want-i.Spec.SafetyStock)
		})
		if want > item.Spec.Received {
			w.Errorf("oversold: %d units of %s are held and %d were received", want, item.Name, item.Spec.Received)
		}
	}
}
