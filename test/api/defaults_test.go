package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestDefaults(t *testing.T) {
	namespace := newNamespace(t)
	tests := map[string]struct {
		sent *object
		want map[string]any
	}{
		"StockItem": {newStockItem(), map[string]any{
			"spec":   map[string]any{"productID": "mug", "locationID": "default", "received": int64(10), "tracking": "Counted"},
			"status": map[string]any{"observedGeneration": int64(-1)},
		}},
		"Reservation": {newReservation(), map[string]any{
			"spec":   map[string]any{"cartID": "cart-1", "items": items(item("mug", 2)), "intent": "Hold"},
			"status": map[string]any{"phase": "Pending", "observedGeneration": int64(-1)},
		}},
		"Reservation with a status of its sender's own": {
			newReservation(set("status", map[string]any{"phase": "Reserved", "units": int64(2)})),
			map[string]any{
				"spec":   map[string]any{"cartID": "cart-1", "items": items(item("mug", 2)), "intent": "Hold"},
				"status": map[string]any{"phase": "Pending", "observedGeneration": int64(-1)},
			},
		},
		"JournalPage": {newPage(set("byte", int64(1))), content(newPage())},
		"fields that no kind has": {newStockItem(set("spec.colour", "blue"), set("spec.reserved", int64(7))), map[string]any{
			"spec":   map[string]any{"productID": "mug", "locationID": "default", "received": int64(10), "tracking": "Counted"},
			"status": map[string]any{"observedGeneration": int64(-1)},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			objects := client.Resource(resourceOf(tt.sent)).Namespace(namespace)
			created, err := objects.Create(t.Context(), tt.sent, metav1.CreateOptions{FieldValidation: metav1.FieldValidationIgnore})
			if err != nil {
				t.Fatal(err)
			}
			got, err := objects.Get(t.Context(), created.GetName(), metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for from, o := range map[string]*object{"answer to create": created, "get": got} {
				if diff := cmp.Diff(tt.want, content(o)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", from, diff)
				}
			}
		})
	}
}

// content is what an object holds beside its name and its kind.
func content(o *object) map[string]any {
	rest := changed(o, remove("metadata"), remove("kind"), remove("apiVersion"))
	return rest.Object
}
