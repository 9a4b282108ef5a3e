package allocator

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Promises are measured by what is shown: a raise binds once it is shown, a cut
// at once.
func TestSellable(t *testing.T) {
	cases := map[string]struct {
		generation, received, observed, onHand, consumed int64
		want                                             int64
	}{
		"shown":                       {2, 10, 2, 10, 0, 10},
		"shown, some shipped":         {2, 10, 2, 7, 3, 10},
		"new, not shown":              {1, 10, 0, 0, 0, 0},
		"raised, not shown":           {3, 15, 2, 10, 0, 10},
		"raised after some shipped":   {3, 15, 2, 7, 3, 10},
		"cut, not shown":              {3, 4, 2, 10, 0, 4},
		"cut and raised, not shown":   {4, 8, 2, 10, 0, 8},
		"another field, not shown":    {3, 10, 2, 10, 0, 10},
		"status erased":               {3, 10, 0, 0, 0, 0},
		"shown by a later generation": {2, 10, 3, 12, 0, 10},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := itemSeen(&v1.StockItem{
				ObjectMeta: metav1.ObjectMeta{Generation: tc.generation, ResourceVersion: "18446744073709551615"},
				Spec:       v1.StockItemSpec{Received: tc.received},
				Status:     v1.StockItemStatus{ObservedGeneration: tc.observed, OnHand: tc.onHand, Consumed: tc.consumed},
			})
			if got.Item.Sellable != tc.want || got.Item.Declared != tc.received || got.Version != 1<<64-1 {
				t.Errorf("sellable %d of %d at version %d, want %d", got.Item.Sellable, got.Item.Declared, got.Version, tc.want)
			}
		})
	}
}

// What a caller may change afterwards is copied; what a cache keeps is not kept twice.
func TestAllocationsSeen(t *testing.T) {
	r := &v1.Reservation{Status: v1.ReservationStatus{Allocations: []v1.Allocation{{ProductID: "mug", Quantity: 2}}}}
	seen, cached := reservationSeen(r), reservationCached(r)
	r.Status.Allocations[0].Quantity = 9
	if got := seen.Allocations[0].Quantity; got != 2 {
		t.Errorf("quantity is %d after the caller changed it, want 2", got)
	}
	if &cached.Allocations[0] != &r.Status.Allocations[0] {
		t.Error("the allocations of a cached Reservation are kept twice")
	}
}

func TestVersionOf(t *testing.T) {
	for text, want := range map[string]uint64{"": 0, "0": 0, "7": 7, "10": 10, "x": 0, "-1": 0} {
		if got := versionOf(text); got != want {
			t.Errorf("version of %q is %d, want %d", text, got, want)
		}
	}
}
