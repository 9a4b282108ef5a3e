package api

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

func TestFieldSelectors(t *testing.T) {
	namespace := newNamespace(t)
	for name, o := range map[string]*object{
		"mug-a": newStockItem(set("spec.locationID", "amsterdam-1")),
		"mug-r": newStockItem(set("spec.locationID", "rotterdam-2")),
		"cup-a": newStockItem(set("spec.productID", "cup"), set("spec.locationID", "amsterdam-1")),
		"rsv-1": newReservation(),
		"rsv-2": newReservation(set("spec.cartID", "cart-2"), set("spec.orderID", "order-2")),
	} {
		o.SetName(name)
		objects := client.Resource(resourceOf(o)).Namespace(namespace)
		if _, err := objects.Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		resource schema.GroupVersionResource
		selector string
		want     []string // nil: the field is not selectable
	}{
		"productID":   {stockItems, "spec.productID=mug", []string{"mug-a", "mug-r"}},
		"locationID":  {stockItems, "spec.locationID=amsterdam-1", []string{"cup-a", "mug-a"}},
		"both":        {stockItems, "spec.locationID=amsterdam-1,spec.productID=mug", []string{"mug-a"}},
		"negated":     {stockItems, "spec.productID!=mug", []string{"cup-a"}},
		"received":    {stockItems, "spec.received=10", nil},
		"cartID":      {reservations, "spec.cartID=cart-2", []string{"rsv-2"}},
		"orderID":     {reservations, "spec.orderID=order-2", []string{"rsv-2"}},
		"no orderID":  {reservations, "spec.orderID=", []string{"rsv-1"}},
		"Pending":     {reservations, "status.phase=Pending", []string{"rsv-1", "rsv-2"}},
		"not Pending": {reservations, "status.phase!=Pending", []string{}},
		"customerID":  {reservations, "spec.customerID=c", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			list, err := client.Resource(tt.resource).Namespace(namespace).
				List(t.Context(), metav1.ListOptions{FieldSelector: tt.selector})
			if tt.want == nil {
				if !apierrors.IsBadRequest(err) {
					t.Fatalf("got %v, want a bad request", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := sets.New[string]()
			for _, o := range list.Items {
				got.Insert(o.GetName())
			}
			if diff := cmp.Diff(tt.want, sets.List(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A watch of one phase sees a Reservation come when it enters the phase and go
// when it leaves, from its creation on.
func TestWatchOfPhases(t *testing.T) {
	objects := client.Resource(reservations).Namespace(newNamespace(t))
	pending := startWatch(t, objects, "status.phase=Pending")
	reserved := startWatch(t, objects, "status.phase=Reserved")

	made, err := objects.Create(t.Context(), newReservation(), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	expectEvent(t, pending, watch.Added, made.GetName(), "Pending")

	if _, err := objects.UpdateStatus(t.Context(), changed(made, set("status.phase", "Reserved")), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	expectEvent(t, pending, watch.Deleted, made.GetName(), "")
	expectEvent(t, reserved, watch.Added, made.GetName(), "Reserved")
}

func startWatch(t *testing.T, objects dynamic.ResourceInterface, selector string) <-chan watch.Event {
	t.Helper()
	w, err := objects.Watch(t.Context(), metav1.ListOptions{FieldSelector: selector})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return w.ResultChan()
}

// expectEvent takes the next event of a watch. An empty phase is not compared.
func expectEvent(t *testing.T, events <-chan watch.Event, kind watch.EventType, name, phase string) {
	t.Helper()
	select {
	case <-time.After(30 * time.Second):
		t.Fatalf("no event, want %s of %s", kind, name)
	case e := <-events:
		o, ok := e.Object.(*object)
		if !ok || e.Type != kind || o.GetName() != name {
			t.Fatalf("got %s of %v, want %s of %s", e.Type, e.Object, kind, name)
		}
		if got := textAt(o, "status.phase"); phase != "" && got != phase {
			t.Errorf("the %s event shows phase %q, want %q", kind, got, phase)
		}
	}
}
