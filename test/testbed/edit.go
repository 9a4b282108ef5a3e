package testbed

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Patch changes a Reservation by a JSON merge patch.
func (w *World) Patch(name, patch string) {
	w.Helper()
	w.Must(w.TryPatch(name, patch))
}

// TryPatch is Patch where the API server may refuse it.
func (w *World) TryPatch(name, patch string) error {
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}}
	return w.Client.Patch(w.Context(), r, client.RawPatch("application/merge-patch+json", []byte(patch)))
}

// Receive sets how many units of a StockItem were received so far.
func (w *World) Receive(name string, received int64) {
	w.Helper()
	w.Must(w.TryReceive(name, received))
}

// TryReceive is Receive where the API server may refuse it.
func (w *World) TryReceive(name string, received int64) error {
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"received":%d}}`, received))
	return w.Client.Patch(w.Context(), &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}}, patch)
}

// AwaitNextSecond waits until objects made from now on are younger, to the
// second, which is all that the API server notes.
func (w *World) AwaitNextSecond(object client.Object) {
	w.Helper()
	until := object.GetCreationTimestamp().Add(time.Second)
	ctx, cancel := context.WithDeadline(w.Context(), until)
	defer cancel()
	<-ctx.Done()
}

// ConditionIs tells whether a StockItem has a condition with this status.
func ConditionIs(i *v1.StockItem, kind string, status metav1.ConditionStatus) bool {
	for _, c := range i.Status.Conditions {
		if c.Type == kind {
			return c.Status == status
		}
	}
	return false
}

// PatchItem changes a StockItem by a JSON merge patch.
func (w *World) PatchItem(name, patch string) {
	w.Helper()
	item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}}
	w.Must(w.Client.Patch(w.Context(), item, client.RawPatch("application/merge-patch+json", []byte(patch))))
}
