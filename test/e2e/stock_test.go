package e2e

import (
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// A UUID is the same in capitals, over HTTP and in objects.
func TestUUIDsInCapitals(t *testing.T) {
	const lower = "4465ca67-98d0-4514-baf8-1f97a0af0c27"
	capital := strings.ToUpper(lower)
	w := testbed.NewWorld(t)
	o := w.Operate()
	w.Stock("mug", capital, "amsterdam", 9)
	w.Reservation("object", testbed.Line(capital, 1))
	w.AwaitPhase("object", v1.PhaseReserved)
	w.Patch("object", `{"spec":{"consumeItems":[{"productID":"`+capital+`","locationID":"amsterdam","quantity":1}]}}`)
	w.AwaitPhase("object", v1.PhaseConsumed)
	for _, product := range []string{lower, capital} {
		told, err := testbed.Reserve("of-"+product, testbed.PlainHTTP, testbed.Item(product, 2)).Send(w.Context(), o.Bridge)
		w.Must(err)
		id := told.Reservation
		for _, name := range []string{id, strings.ToUpper(id)} {
			o.Get("/reservations/"+name).Want(t, http.StatusOK)
		}
		if level := o.Get("/stock/"+product).Want(t, http.StatusOK); !strings.Contains(string(level.Body), lower) {
			t.Errorf("the stock of %s is %s", product, level.Body)
		}
	}
	w.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Reserved == 4 && i.Status.Consumed == 1 })
}

// TestWhatASpecSaysHasEffect: safety stock, threshold, suspension and priority.
func TestWhatASpecSaysHasEffect(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("near", "mug", "near", 10)
	w.Stock("far", "mug", "far", 10)

	w.PatchItem("near", `{"spec":{"safetyStock":4,"lowStockThreshold":5,"priority":5}}`)
	w.AwaitItem("near", func(i *v1.StockItem) bool {
		return i.Status.Available == 6 && testbed.ConditionIs(i, v1.ConditionLowStock, metav1.ConditionFalse)
	})
	w.Reservation("first", testbed.Line("mug", 1))
	if r := w.AwaitPhase("first", v1.PhaseReserved); r.Status.Allocations[0].LocationID != "near" {
		t.Errorf("the higher priority was not taken from first: %+v", r.Status.Allocations)
	}
	w.AwaitItem("near", func(i *v1.StockItem) bool {
		return i.Status.Available == 5 && testbed.ConditionIs(i, v1.ConditionLowStock, metav1.ConditionTrue)
	})
	w.Reservation("whole", testbed.Line("mug", 6))
	if r := w.AwaitPhase("whole", v1.PhaseReserved); len(r.Status.Allocations) != 1 || r.Status.Allocations[0].LocationID != "far" {
		t.Errorf("the one location that can serve the line was not preferred: %+v", r.Status.Allocations)
	}
	w.Reservation("too-much", testbed.Line("mug", 10))
	if r := w.AwaitPhase("too-much", v1.PhaseUnavailable); r.Status.UnavailableItems[0].Available != 9 {
		t.Errorf("the safety stock was offered: %+v", r.Status.UnavailableItems)
	}
	w.PatchItem("far", `{"spec":{"suspended":true}}`)
	w.AwaitItem("far", func(i *v1.StockItem) bool {
		return i.Status.Available == 0 && i.Status.Reserved == 6 && testbed.ConditionIs(i, v1.ConditionInStock, metav1.ConditionFalse)
	})
	w.Reservation("suspended", testbed.Line("mug", 6))
	w.AwaitPhase("suspended", v1.PhaseUnavailable)
	w.PatchItem("far", `{"spec":{"suspended":false}}`)
	w.AwaitItem("far", func(i *v1.StockItem) bool { return i.Status.Available == 4 })
	w.Reservation("again", testbed.Line("mug", 9))
	w.AwaitPhase("again", v1.PhaseReserved)
	w.Settle()
}

// TestHoldsOutliveTheirItem: the holds of a deleted StockItem stay, show as units
// without an item, and count again when it returns.
func TestHoldsOutliveTheirItem(t *testing.T) {
	w := testbed.NewWorld(t)
	o := w.Operate("--metrics-address", testbed.FreeAddress(w))
	item := w.Stock("mug", "mug", "amsterdam", 5)
	w.Reservation("held", testbed.Line("mug", 3))
	w.AwaitPhase("held", v1.PhaseReserved)
	w.Must(w.Client.Delete(w.Context(), item))
	w.AwaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Totals.WithoutItem == 3 && l.Status.Totals.Items == 0
	})
	o.AwaitMetrics("that 3 units have no item", func(metrics string) bool {
		return strings.Contains(metrics, `inventory_stock_units{namespace="`+w.Namespace+`",state="without_item"} 3`)
	})
	w.Reservation("nothing-left", testbed.Line("mug", 1))
	w.AwaitPhase("nothing-left", v1.PhaseUnavailable)
	w.Stock("mug-again", "mug", "amsterdam", 5)
	w.AwaitItem("mug-again", func(i *v1.StockItem) bool { return i.Status.Reserved == 3 && i.Status.Available == 2 })
	w.Patch("held", `{"spec":{"intent":"Consume"}}`)
	w.AwaitItem("mug-again", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 && i.Status.Available == 2 })
	w.Settle()
}
