package wire_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/wire"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, "../../config/crd")) }

func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	if err := v1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	if err := corev1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// clients are ours and controller-runtime's, to a real API server.
func clients(t *testing.T) (lean, plain client.Client, namespace string) {
	t.Helper()
	cp := controlplanetest.Shared(t)
	options := client.Options{Scheme: scheme(t)}
	lean, err := wire.NewClient(cp.RESTConfig(), options)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err = client.New(cp.RESTConfig(), options); err != nil {
		t.Fatal(err)
	}
	return lean, plain, controlplanetest.Namespace(t, cp)
}

func cart(namespace string) *v1.Reservation {
	return &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "cart", Labels: map[string]string{"shop": "north"}},
		Spec:       v1.ReservationSpec{CartID: "c", Items: []v1.ReservationItem{{ProductID: `p<"&>`, Quantity: 2}}, Intent: v1.IntentHold},
	}
}

// sameAsStored compares what a write left in an object with what a plain client reads.
func sameAsStored[T client.Object](t *testing.T, plain client.Client, left, read T) {
	t.Helper()
	if err := plain.Get(t.Context(), client.ObjectKeyFromObject(left), read); err != nil {
		t.Fatal(err)
	}
	read.SetManagedFields(nil)
	if diff := cmp.Diff(read, left); diff != "" {
		t.Errorf("what a write left in the object (-stored +left):\n%s", diff)
	}
}

func TestCreate(t *testing.T) {
	lean, plain, namespace := clients(t)
	r := cart(namespace)
	if err := lean.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if r.UID == "" || r.Status.Phase != v1.PhasePending {
		t.Errorf("the object has uid %q and phase %q: nothing of the answer", r.UID, r.Status.Phase)
	}
	sameAsStored(t, plain, r, &v1.Reservation{})
	if err := lean.Create(t.Context(), cart(namespace)); !apierrors.IsAlreadyExists(err) {
		t.Errorf("created again: %v", err)
	}
	bad := cart(namespace)
	bad.Name, bad.Spec.Items[0].Quantity = "bad", 0
	theirs := bad.DeepCopy()
	if err, want := lean.Create(t.Context(), bad), plain.Create(t.Context(), theirs); !apierrors.IsInvalid(err) || cmp.Diff(want, err) != "" {
		t.Errorf("an invalid object: %v, want %v", err, want)
	}
	if err := lean.Create(t.Context(), cart("nowhere")); !apierrors.IsNotFound(err) {
		t.Errorf("in a namespace that is not there: %v", err)
	}
	dry := cart(namespace)
	dry.Name = "dry"
	if err := lean.Create(t.Context(), dry, client.DryRunAll); err != nil || dry.UID == "" {
		t.Errorf("with an option: %v, %q", err, dry.UID)
	}
	if err := plain.Get(t.Context(), client.ObjectKeyFromObject(dry), dry); !apierrors.IsNotFound(err) {
		t.Errorf("the option was ignored: %v", err)
	}
	other := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "other"}}
	if err := lean.Create(t.Context(), other); err != nil || other.UID == "" {
		t.Errorf("an object of another kind: %v, %q", err, other.UID)
	}
}

func TestUpdateOfStatus(t *testing.T) {
	lean, plain, namespace := clients(t)
	r := cart(namespace)
	if err := lean.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	old := r.DeepCopy()
	// The API server keeps what is not the status, whatever the object says of it.
	r.Spec.CartID, r.Labels = "other", nil
	r.Status.Phase, r.Status.Units = v1.PhaseReserved, 2
	if err := lean.Status().Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if r.ResourceVersion == old.ResourceVersion || r.Spec.CartID != "c" || r.Labels["shop"] != "north" || r.Status.Units != 2 {
		t.Errorf("the object is %+v", r)
	}
	sameAsStored(t, plain, r, &v1.Reservation{})
	if err := lean.Status().Update(t.Context(), old.DeepCopy()); !apierrors.IsConflict(err) {
		t.Errorf("over an old version: %v", err)
	}
	twin := r.DeepCopy()
	twin.UID = "another"
	if err := lean.Status().Update(t.Context(), twin); !apierrors.IsConflict(err) {
		t.Errorf("over another object of the name: %v", err)
	}
	r.Status.Phase = "Lost"
	if err := lean.Status().Update(t.Context(), r.DeepCopy()); !apierrors.IsInvalid(err) {
		t.Errorf("an invalid status: %v", err)
	}
	if err := plain.Delete(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := lean.Status().Update(t.Context(), old); !apierrors.IsNotFound(err) {
		t.Errorf("of an object that is gone: %v", err)
	}
	ns := &corev1.Namespace{}
	if err := plain.Get(t.Context(), client.ObjectKey{Name: namespace}, ns); err != nil {
		t.Fatal(err)
	}
	if err := lean.Status().Update(t.Context(), ns); err != nil {
		t.Errorf("of another kind: %v", err)
	}
}

// Every kind goes to its own resource.
func TestEveryKind(t *testing.T) {
	lean, plain, namespace := clients(t)
	meta := metav1.ObjectMeta{Namespace: namespace, Name: "default"}
	item := &v1.StockItem{ObjectMeta: meta, Spec: v1.StockItemSpec{ProductID: "p", Received: 5}}
	ledger := &v1.StockLedger{ObjectMeta: meta}
	for _, o := range []client.Object{item, ledger} {
		if err := lean.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	item.Status.OnHand, ledger.Status.Leader = 5, `a"b`
	ledger.Status.Journal = &v1.JournalIdentity{UID: "u", Namespace: "n"}
	for _, o := range []client.Object{item, ledger} {
		if err := lean.Status().Update(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	sameAsStored(t, plain, item, &v1.StockItem{})
	sameAsStored(t, plain, ledger, &v1.StockLedger{})
}

// Informers over ListerWatcher see what there is and what happens, without managedFields,
// which shows who decoded it.
func TestInformer(t *testing.T) {
	cp := controlplanetest.Shared(t)
	_, plain, namespace := clients(t)
	config := rest.CopyConfig(cp.RESTConfig())
	config.Wrap(wire.Transport)
	informers, err := cache.New(config, cache.Options{
		Scheme: scheme(t), DefaultNamespaces: map[string]cache.Config{namespace: {}, "default": {}},
		NewInformer: func(lw toolscache.ListerWatcher, example runtime.Object, resync time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
			return toolscache.NewSharedIndexInformer(wire.ListerWatcher(lw, example), example, resync, indexers)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	before, after := cart(namespace), cart(namespace)
	before.Name, after.Name = "before", "after"
	if err := plain.Create(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	informer, err := informers.GetInformer(t.Context(), &v1.Reservation{}, cache.BlockUntilSynced(false))
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan *v1.Reservation, 10)
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { heard <- o.(*v1.Reservation) },
		DeleteFunc: func(o any) { heard <- o.(*v1.Reservation) },
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- informers.Start(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	want := func(name string) {
		t.Helper()
		for {
			select {
			case r := <-heard:
				if r.Name != name {
					continue // in the other namespace
				}
				if r.ManagedFields != nil || r.Spec.CartID != "c" {
					t.Errorf("heard of %+v", r)
				}
				return
			case <-time.After(30 * time.Second):
				t.Fatalf("heard nothing of %s", name)
			}
		}
	}
	want(before.Name)
	if err := plain.Create(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	want(after.Name)
	if err := plain.Delete(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	want(after.Name)
}

// Without Transport nobody goes on as if nothing was wrong.
func TestWithoutTransport(t *testing.T) {
	listing := &toolscache.ListWatch{
		ListWithContextFunc: func(context.Context, metav1.ListOptions) (runtime.Object, error) {
			return &v1.ReservationList{}, nil
		},
		WatchFuncWithContext: func(context.Context, metav1.ListOptions) (watch.Interface, error) {
			return watch.NewFake(), nil
		},
	}
	source := toolscache.ToListerWatcherWithContext(wire.ListerWatcher(listing, &v1.Reservation{}))
	if _, err := source.ListWithContext(t.Context(), metav1.ListOptions{}); err == nil {
		t.Error("a list went past Transport")
	}
	if _, err := source.WatchWithContext(t.Context(), metav1.ListOptions{}); err == nil {
		t.Error("a watch went past Transport")
	}
}
