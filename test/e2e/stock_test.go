package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// TestWhatASpecSaysHasEffect: safety stock, threshold, suspension and priority.
func TestWhatASpecSaysHasEffect(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.stock("near", "mug", "near", 10)
	w.stock("far", "mug", "far", 10)

	w.patchItem("near", `{"spec":{"safetyStock":4,"lowStockThreshold":5,"priority":5}}`)
	w.awaitItem("near", func(i *v1.StockItem) bool {
		return i.Status.Available == 6 && conditionIs(i, v1.ConditionLowStock, metav1.ConditionFalse)
	})
	w.reservation("first", line("mug", 1))
	if r := w.awaitPhase("first", v1.PhaseReserved); r.Status.Allocations[0].LocationID != "near" {
		t.Errorf("the higher priority was not taken from first: %+v", r.Status.Allocations)
	}
	w.awaitItem("near", func(i *v1.StockItem) bool {
		return i.Status.Available == 5 && conditionIs(i, v1.ConditionLowStock, metav1.ConditionTrue)
	})
	w.reservation("whole", line("mug", 6))
	if r := w.awaitPhase("whole", v1.PhaseReserved); len(r.Status.Allocations) != 1 || r.Status.Allocations[0].LocationID != "far" {
		t.Errorf("the one location that can serve the line was not preferred: %+v", r.Status.Allocations)
	}
	w.reservation("too-much", line("mug", 10))
	if r := w.awaitPhase("too-much", v1.PhaseUnavailable); r.Status.UnavailableItems[0].Available != 9 {
		t.Errorf("the safety stock was offered: %+v", r.Status.UnavailableItems)
	}
	w.patchItem("far", `{"spec":{"suspended":true}}`)
	w.awaitItem("far", func(i *v1.StockItem) bool {
		return i.Status.Available == 0 && i.Status.Reserved == 6 && conditionIs(i, v1.ConditionInStock, metav1.ConditionFalse)
	})
	w.reservation("suspended", line("mug", 6))
	w.awaitPhase("suspended", v1.PhaseUnavailable)
	w.patchItem("far", `{"spec":{"suspended":false}}`)
	w.awaitItem("far", func(i *v1.StockItem) bool { return i.Status.Available == 4 })
	w.reservation("again", line("mug", 9))
	w.awaitPhase("again", v1.PhaseReserved)
	w.settle()
}

// TestHoldsOutliveTheirItem: the holds of a deleted StockItem stay, show as units
// without an item, and count again when it returns.
func TestHoldsOutliveTheirItem(t *testing.T) {
	w := newWorld(t)
	o := w.operate("--metrics-address", freeAddress(w))
	item := w.stock("mug", "mug", "amsterdam", 5)
	w.reservation("held", line("mug", 3))
	w.awaitPhase("held", v1.PhaseReserved)
	w.must(w.client.Delete(w.Context(), item))
	w.awaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Totals.WithoutItem == 3 && l.Status.Totals.Items == 0
	})
	if metrics := o.metrics(); !strings.Contains(metrics, `inventory_stock_units{namespace="`+w.namespace+`",state="without_item"} 3`) {
		t.Error("the metrics do not show the units without an item")
	}
	w.reservation("nothing-left", line("mug", 1))
	w.awaitPhase("nothing-left", v1.PhaseUnavailable)
	w.stock("mug-again", "mug", "amsterdam", 5)
	w.awaitItem("mug-again", func(i *v1.StockItem) bool { return i.Status.Reserved == 3 && i.Status.Available == 2 })
	w.patch("held", `{"spec":{"intent":"Consume"}}`)
	w.awaitItem("mug-again", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 && i.Status.Available == 2 })
	w.settle()
}

// metrics reads the operator's metrics; it must have been given an address.
func (o *operator) metrics() string {
	o.w.Helper()
	address := ""
	for i, argument := range o.cmd.Args {
		if argument == "--metrics-address" {
			address = o.cmd.Args[i+1]
		}
	}
	got, err := http.Get("http://" + address + "/metrics")
	o.w.must(err)
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	o.w.must(err)
	return string(body)
}

func (w *world) patchItem(name, patch string) {
	w.Helper()
	item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
	w.must(w.client.Patch(w.Context(), item, client.RawPatch("application/merge-patch+json", []byte(patch))))
}
