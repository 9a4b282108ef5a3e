package testbed

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

// Patience is how long a test waits for what must come. It is never slept for.
const Patience = 60 * time.Second

// World is one test's namespace, seen by an administrator.
type World struct {
	testing.TB
	ControlPlane *controlplane.ControlPlane
	Client       client.WithWatch
	Namespace    string
	// Kubeconfig is the file of the operator's own ServiceAccount.
	Kubeconfig string
	// Binary is the operator that is launched.
	Binary string
	// BinaryFlags are those that it takes in every world, and an earlier version may not know.
	BinaryFlags []string
	// undeliverable says that the sink refuses some outcomes for good.
	undeliverable bool
}

// NewWorld is a new namespace on the control plane that the tests of a package
// share.
func NewWorld(t testing.TB) *World {
	t.Helper()
	cp := controlplanetest.Shared(t)
	return WorldOn(t, cp)
}

// OwnWorld is a namespace on a control plane of its own, to be broken, that keeps
// its data through crashes.
func OwnWorld(t testing.TB) *World {
	t.Helper()
	return WorldOn(t, ControlPlane(t, controlplane.Options{}))
}

// WorldOn is a new namespace on a control plane.
func WorldOn(t testing.TB, cp *controlplane.ControlPlane) *World {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.NewWithWatch(cp.RESTConfig(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	w := &World{
		TB: t, ControlPlane: cp, Client: c,
		Namespace:  controlplanetest.Namespace(t, cp),
		Kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"),
		Binary:     Binary(t),
		BinaryFlags: []string{
			"--ids", "any", // words read better than UUIDs
			"--reply", "always", // who asks is told, beside the sink
			"--authentication", "none",
		},
	}
	t.Cleanup(w.clear)
	if err := cp.ServiceAccountKubeconfig(t.Context(), "inventory-system", "inventory-operator", w.Kubeconfig); err != nil {
		t.Fatal(err)
	}
	return w
}

// clear leaves nothing in the namespace that the operators of later tests would
// take over.
func (w *World) clear() {
	for _, kind := range []client.Object{&v1.StockItem{}, &v1.Reservation{}, &v1.StockLedger{}, &v1.JournalPage{}} {
		if err := w.Client.DeleteAllOf(context.Background(), kind, client.InNamespace(w.Namespace)); err != nil {
			w.Logf("the namespace is not cleared: %v", err)
		}
	}
}

// Stock makes a StockItem and waits until an operator shows it.
func (w *World) Stock(name, product, location string, received int64) *v1.StockItem {
	w.Helper()
	item := w.Declare(name, product, location, received)
	w.AwaitItem(name, func(i *v1.StockItem) bool { return i.Status.ObservedGeneration == i.Generation })
	return item
}

// Declare makes a StockItem.
func (w *World) Declare(name, product, location string, received int64) *v1.StockItem {
	w.Helper()
	item := &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
		Spec:       v1.StockItemSpec{ProductID: product, LocationID: location, Received: received},
	}
	w.Must(w.Client.Create(w.Context(), item))
	return item
}

// Reservation makes a Reservation as kubectl would.
func (w *World) Reservation(name string, items ...v1.ReservationItem) *v1.Reservation {
	w.Helper()
	return w.ReservationOf(name, v1.ReservationSpec{Items: items})
}

// ReservationOf is Reservation for a spec of which only the cart is filled in.
func (w *World) ReservationOf(name string, spec v1.ReservationSpec) *v1.Reservation {
	w.Helper()
	spec.CartID = "cart-" + name
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}, Spec: spec}
	w.Must(w.Client.Create(w.Context(), r))
	return r
}

// Line is one line of a cart, as Reservations name it.
func Line(product string, quantity int64) v1.ReservationItem {
	return v1.ReservationItem{ProductID: product, Quantity: quantity}
}

// AwaitItem waits until a StockItem is as it should be.
func (w *World) AwaitItem(name string, done func(*v1.StockItem) bool) *v1.StockItem {
	w.Helper()
	return Await(w, &v1.StockItemList{}, name, done)
}

// AwaitReservation waits until a Reservation is as it should be.
func (w *World) AwaitReservation(name string, done func(*v1.Reservation) bool) *v1.Reservation {
	w.Helper()
	return Await(w, &v1.ReservationList{}, name, done)
}

// AwaitPhase waits until a Reservation is in a phase.
func (w *World) AwaitPhase(name string, phase v1.Phase) *v1.Reservation {
	w.Helper()
	return w.AwaitReservation(name, func(r *v1.Reservation) bool { return r.Status.Phase == phase })
}

// AwaitLedger waits until the ledger is as it should be.
func (w *World) AwaitLedger(done func(*v1.StockLedger) bool) *v1.StockLedger {
	w.Helper()
	return Await(w, &v1.StockLedgerList{}, v1.LedgerName, done)
}

// Await watches one object until it is as it should be.
func Await[T client.Object](w *World, list client.ObjectList, name string, done func(T) bool) T {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), Patience)
	defer cancel()
	var last T
	for ctx.Err() == nil {
		watcher, err := w.Client.Watch(ctx, list, client.InNamespace(w.Namespace),
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

// AwaitGone waits until no Reservation of this name is left.
func (w *World) AwaitGone(name string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), Patience)
	defer cancel()
	selector := client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", name)}
	watcher, err := w.Client.Watch(ctx, &v1.ReservationList{}, client.InNamespace(w.Namespace), selector)
	w.Must(err)
	defer watcher.Stop()
	var list v1.ReservationList
	w.Must(w.Client.List(ctx, &list, client.InNamespace(w.Namespace), selector))
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

// Reservations are all there are in the namespace.
func (w *World) Reservations() []v1.Reservation {
	w.Helper()
	var list v1.ReservationList
	w.Must(w.Client.List(w.Context(), &list, client.InNamespace(w.Namespace)))
	return list.Items
}

// Must ends the test if there is an error. Call it from the test's own goroutine.
func (w *World) Must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}
