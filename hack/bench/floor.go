package main

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/hack/bench/outcome"
)

// floor is what nobody can be faster than who shows a cart as an object before it is
// answered: the clients themselves make each Reservation and write its outcome, and nobody
// looks after the stock.
type floor struct {
	*lab
	needless
}

func (floor) name() string      { return "floor" }
func (floor) namespace() string { return "bench-floor" }

func (f floor) start(ctx context.Context, w workload, _ string) error {
	w.products = 0 // nobody reads the stock
	return f.stock(ctx, f.namespace(), w)
}

func (f floor) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	r := newReservation(f.namespace(), id, items)
	if err := f.admin.Create(ctx, r); err != nil {
		return "", false, err
	}
	outcome.Reserve(r, allocate(items), 15*time.Minute)
	return r.Name, true, f.admin.Status().Update(ctx, r)
}

func (f floor) release(ctx context.Context, name string) error {
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace(), Name: name}}
	if err := f.admin.Patch(ctx, r, intendRelease()); err != nil {
		return err
	}
	outcome.Release(r)
	return f.admin.Status().Update(ctx, r)
}

func (floor) usage(context.Context) (usage, error) { return usage{}, nil }

func (f floor) stop() error { return f.clear(context.Background(), f.namespace()) }

// newReservation is the object that the clients of every contender on the API server write.
func newReservation(namespace, id string, items []v1.ReservationItem) *v1.Reservation {
	return &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: id},
		Spec:       v1.ReservationSpec{CartID: id, Items: items, Intent: v1.IntentHold},
	}
}

func allocate(items []v1.ReservationItem) []v1.Allocation {
	allocations := make([]v1.Allocation, 0, len(items))
	for _, i := range items {
		allocations = append(allocations, v1.Allocation{LocationID: location, ProductID: i.ProductID, Quantity: i.Quantity})
	}
	return allocations
}

func intendRelease() client.Patch {
	return client.RawPatch(types.MergePatchType, []byte(`{"spec":{"intent":"Release"}}`))
}
