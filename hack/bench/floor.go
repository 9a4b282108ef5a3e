package main

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/lifecycle"
	"github.com/acme/inventory-service/webhook"
)

// floor is what no operator can be faster than: the clients themselves make
// each Reservation and write its outcome, and nobody looks after the stock.
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
	lifecycle.Reserve(r, newHold(r.UID, r.Name, items, 15*time.Minute))
	return r.Name, true, f.admin.Status().Update(ctx, r)
}

func (f floor) release(ctx context.Context, name string) error {
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace(), Name: name}}
	if err := f.admin.Patch(ctx, r, intendRelease()); err != nil {
		return err
	}
	lifecycle.Free(r, time.Now().UTC())
	return f.admin.Status().Update(ctx, r)
}

func (floor) usage(context.Context) (usage, error) { return usage{}, nil }

func (f floor) stop() error { return f.clear(context.Background(), f.namespace()) }

// newReservation is the object that every contender on the API server writes: what the
// bridge makes of a command, so that all write the same.
func newReservation(namespace, id string, items []v1.ReservationItem) *v1.Reservation {
	annotations := webhook.Annotations(commandSource, id, newCommand(id, items))
	return &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: id, Annotations: annotations},
		Spec:       v1.ReservationSpec{CartID: id, Items: items, Intent: v1.IntentHold},
	}
}

// newHold is a hold as an operator would decide it now.
func newHold(uid types.UID, name string, items []v1.ReservationItem, lasts time.Duration) v1.InFlightHold {
	now := time.Now().UTC()
	return v1.InFlightHold{
		UID: uid, Name: name, Allocations: allocate(items),
		ReservedAt: metav1.NewMicroTime(now.Truncate(time.Microsecond)),
		ExpiresAt:  metav1.NewTime(now.Add(lasts).Truncate(time.Second)),
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
