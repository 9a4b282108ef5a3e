package intern_test

import (
	"encoding/json"
	"runtime/debug"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/intern"
)

func full() (*v1.Reservation, *v1.StockItem) {
	conditions := []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Serving", Message: "the figures count"}}
	at := metav1.NewMicroTime(time.Date(2030, 1, 2, 3, 4, 5, 678901000, time.UTC))
	r := &v1.Reservation{
		TypeMeta: metav1.TypeMeta{Kind: "Reservation", APIVersion: "inventory.acme.com/v1"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "cart", UID: "u", ResourceVersion: "12", Finalizers: []string{"a/b"},
		},
		Spec: v1.ReservationSpec{
			Command: &v1.Command{Source: "/shop", ID: "1"}, CartID: "cart", OrderID: "order", Items: []v1.ReservationItem{{ProductID: "mug", Quantity: 2}}, Intent: v1.IntentRelease,
			ConsumeItems: []v1.PartialItem{{ProductID: "mug", LocationID: "a", Quantity: 1}}, ReleaseReason: v1.ReleaseOrderCancelled,
		},
		Status: v1.ReservationStatus{
			Phase: v1.PhaseReserved, Reason: "Allocated", Conditions: conditions, DecidedAt: at.DeepCopy(), ReservedAt: at.DeepCopy(),
			Allocations:      []v1.Allocation{{ProductID: "mug", LocationID: "a", Quantity: 2}},
			UnavailableItems: []v1.UnavailableItem{{ProductID: "mug", Requested: 2}},
			OrderID:          "order", OutcomeID: "o", Position: "0a1b2c3d.7.12",
		},
	}
	i := &v1.StockItem{
		TypeMeta: metav1.TypeMeta{Kind: "StockItem", APIVersion: "inventory.acme.com/v1"}, ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "mug"},
		Spec: v1.StockItemSpec{ProductID: "mug", LocationID: "a", Received: 3}, Status: v1.StockItemStatus{Conditions: conditions},
	}
	return r, i
}

// decoded has strings of its own, as what comes from the API server.
func decoded[T any](t *testing.T, object *T) *T {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	into := new(T)
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func transform[T runtime.Object](t *testing.T, object T) T {
	t.Helper()
	out, err := intern.Transform()(object)
	if err != nil {
		t.Fatal(err)
	}
	return out.(T)
}

func TestTransformKeepsValues(t *testing.T) {
	r, i := full()
	gotR, gotI := decoded(t, r), decoded(t, i)
	later := decoded(t, r)
	later.Status.ReservedAt.Time = later.Status.ReservedAt.Add(time.Microsecond)
	if diff := cmp.Diff(later.DeepCopy(), transform(t, later)); diff != "" {
		t.Errorf("reserved later than decided (-want +got):\n%s", diff)
	}
	for _, o := range []metav1.Object{gotR, gotI} {
		o.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "kubectl"}})
		o.SetLabels(map[string]string{"app.kubernetes.io/managed-by": "flux"})
		o.SetAnnotations(map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"})
	}
	if diff := cmp.Diff(r, transform(t, transform(t, gotR))); diff != "" {
		t.Errorf("reservation (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(i, transform(t, gotI)); diff != "" {
		t.Errorf("stock item (-want +got):\n%s", diff)
	}
}

func TestTransformSharesStrings(t *testing.T) {
	percent := debug.SetGCPercent(-1) // a collection in between begins anew with what is shared
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	r, i := full()
	first, second, item := transform(t, decoded(t, r)), transform(t, decoded(t, r)), transform(t, decoded(t, i))
	for name, pair := range map[string][2]string{
		"namespace":         {first.Namespace, second.Namespace},
		"kind":              {first.Kind, second.Kind},
		"product":           {first.Spec.Items[0].ProductID, second.Status.Allocations[0].ProductID},
		"product of a part": {first.Spec.ConsumeItems[0].ProductID, second.Status.UnavailableItems[0].ProductID},
		"product of items":  {first.Spec.Items[0].ProductID, item.Spec.ProductID},
		"location":          {first.Status.Allocations[0].LocationID, item.Spec.LocationID},
		"phase":             {string(first.Status.Phase), string(second.Status.Phase)},
		"source":            {first.Spec.Command.Source, second.Spec.Command.Source},
		"order":             {first.Spec.OrderID, first.Status.OrderID},
		"message":           {first.Status.Conditions[0].Message, item.Status.Conditions[0].Message},
	} {
		if unsafe.StringData(pair[0]) != unsafe.StringData(pair[1]) {
			t.Errorf("%s %q is kept twice", name, pair[0])
		}
	}
	if first.Status.ReservedAt != first.Status.DecidedAt {
		t.Error("the time of the decision is kept twice")
	}
	if name, uid := unsafe.StringData(first.Name), unsafe.StringData(string(first.UID)); unsafe.Add(unsafe.Pointer(name), len(first.Name)) != unsafe.Pointer(uid) {
		t.Error("name and uid are kept apart")
	}
}

// Of annotations the one that is looked at stays, where it says so.
func TestTransformKeepsTheAnnotationsInUse(t *testing.T) {
	for _, value := range []string{"true", "false"} {
		r, i := full()
		for object, name := range map[metav1.Object]string{r: v1.DeleteAfterCompletionAnnotation, i: v1.TakeOverAnnotation} {
			object.SetAnnotations(map[string]string{name: value, "kubectl.kubernetes.io/last-applied-configuration": "{}"})
		}
		transform(t, transform(t, r))
		transform(t, transform(t, i))
		var ofReservation, ofItem map[string]string
		if value == "true" {
			ofReservation, ofItem = map[string]string{v1.DeleteAfterCompletionAnnotation: value}, map[string]string{v1.TakeOverAnnotation: value}
		}
		if diff := cmp.Diff([]any{ofReservation, ofItem}, []any{r.Annotations, i.Annotations}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", value, diff)
		}
	}
}
