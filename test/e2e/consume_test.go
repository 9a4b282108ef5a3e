package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestConsumeFromKubectl(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.stock("mug", "mug", "amsterdam", 5)
	w.reservation("one", line("mug", 3))
	w.awaitPhase("one", v1.PhaseReserved)

	w.patch("one", `{"spec":{"intent":"Consume"}}`)
	r := w.awaitPhase("one", v1.PhaseConsumed)
	if r.Status.FoldID == 0 || r.Status.Allocations[0].Consumed != 3 {
		t.Errorf("the status is %+v", r.Status)
	}
	item := w.awaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 })
	if item.Status.OnHand != 2 || item.Status.Reserved != 0 || item.Status.Available != 2 {
		t.Errorf("the item is %+v", item.Status)
	}
	w.awaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.OpenFold == nil && l.Status.LastFold == r.Status.FoldID && l.Status.Totals.Consumed == 3
	})

	// What was consumed stays known when the item is made again.
	w.must(w.client.Delete(w.Context(), item))
	w.declare("mug-again", "mug", "amsterdam", 5)
	w.awaitItem("mug-again", func(i *v1.StockItem) bool { return i.Status.Available == 2 && i.Status.Consumed == 3 })
}

func TestConsumeInParts(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.stock("mug-a", "mug", "amsterdam", 5)
	w.stock("mug-r", "mug", "rotterdam", 5)
	w.reservation("both", line("mug", 8))
	r := w.awaitPhase("both", v1.PhaseReserved)
	if len(r.Status.Allocations) != 2 {
		t.Fatalf("the allocations are %+v", r.Status.Allocations)
	}
	w.patch("both", `{"spec":{"consumeItems":[{"productID":"mug","locationID":"amsterdam","quantity":2}]}}`)
	w.awaitItem("mug-a", func(i *v1.StockItem) bool { return i.Status.Consumed == 2 && i.Status.Reserved == 3 })
	w.patch("both", `{"spec":{"consumeItems":[{"productID":"mug","locationID":"amsterdam","quantity":5}],"releaseItems":[{"productID":"mug","locationID":"rotterdam","quantity":1}]}}`)
	w.awaitItem("mug-a", func(i *v1.StockItem) bool { return i.Status.Consumed == 5 && i.Status.Reserved == 0 })
	w.awaitItem("mug-r", func(i *v1.StockItem) bool { return i.Status.Consumed == 0 && i.Status.Reserved == 2 })
	if err := w.tryPatch("both", `{"spec":{"consumeItems":[{"productID":"mug","locationID":"amsterdam","quantity":4}]}}`); err == nil || !strings.Contains(err.Error(), "running total") {
		t.Errorf("a smaller total was answered %v", err)
	}
	w.patch("both", `{"spec":{"intent":"Consume"}}`)
	w.awaitPhase("both", v1.PhaseConsumed)
	w.awaitItem("mug-r", func(i *v1.StockItem) bool {
		return i.Status.Consumed == 2 && i.Status.Reserved == 0 && i.Status.Available == 3
	})
	w.settle()
}

func TestConsumeIsRefusedAfterRelease(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.stock("mug", "mug", "amsterdam", 1)
	w.reservation("gone", line("mug", 1))
	w.awaitPhase("gone", v1.PhaseReserved)
	w.patch("gone", `{"spec":{"intent":"Release"}}`)
	w.awaitPhase("gone", v1.PhaseReleased)
	w.reservation("refused", line("mug", 2))
	w.awaitPhase("refused", v1.PhaseUnavailable)
	if err := w.tryPatch("refused", `{"spec":{"intent":"Consume"}}`); err == nil || !strings.Contains(err.Error(), "Unavailable") {
		t.Errorf("consuming a refused cart was answered %v", err)
	}
}

func (w *world) patch(name, patch string) {
	w.Helper()
	w.must(w.tryPatch(name, patch))
}

func (w *world) tryPatch(name, patch string) error {
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
	return w.client.Patch(w.Context(), r, client.RawPatch("application/merge-patch+json", []byte(patch)))
}
