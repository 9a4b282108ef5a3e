package e2e

import (
	"strings"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

func TestConsumeFromKubectl(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("mug", "mug", "amsterdam", 5)
	w.Reservation("one", testbed.Line("mug", 3))
	w.AwaitPhase("one", v1.PhaseReserved)

	w.Patch("one", `{"spec":{"intent":"Consume"}}`)
	r := w.AwaitPhase("one", v1.PhaseConsumed)
	if r.Status.Allocations[0].Consumed != 3 {
		t.Errorf("the status is %+v", r.Status)
	}
	item := w.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 })
	if item.Status.OnHand != 2 || item.Status.Reserved != 0 || item.Status.Available != 2 {
		t.Errorf("the item is %+v", item.Status)
	}
	w.AwaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Totals.Consumed == 3
	})

	// What was consumed stays known when the item is made again.
	w.Must(w.Client.Delete(w.Context(), item))
	w.Declare("mug-again", "mug", "amsterdam", 5)
	w.AwaitItem("mug-again", func(i *v1.StockItem) bool { return i.Status.Available == 2 && i.Status.Consumed == 3 })
}

func TestConsumeInParts(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("mug-a", "mug", "amsterdam", 5)
	w.Stock("mug-r", "mug", "rotterdam", 5)
	w.Reservation("both", testbed.Line("mug", 8))
	r := w.AwaitPhase("both", v1.PhaseReserved)
	if len(r.Status.Allocations) != 2 {
		t.Fatalf("the allocations are %+v", r.Status.Allocations)
	}
	w.Patch("both", `{"spec":{"consumeItems":[{"productID":"mug","locationID":"amsterdam","quantity":2}]}}`)
	w.AwaitItem("mug-a", func(i *v1.StockItem) bool { return i.Status.Consumed == 2 && i.Status.Reserved == 3 })
	w.Patch("both", `{"spec":{"consumeItems":[{"productID":"mug","locationID":"amsterdam","quantity":5}],"releaseItems":[{"productID":"mug","locationID":"rotterdam","quantity":1}]}}`)
	w.AwaitItem("mug-a", func(i *v1.StockItem) bool { return i.Status.Consumed == 5 && i.Status.Reserved == 0 })
	w.AwaitItem("mug-r", func(i *v1.StockItem) bool { return i.Status.Consumed == 0 && i.Status.Reserved == 2 })
	if err := w.TryPatch("both", `{"spec":{"consumeItems":[{"productID":"mug","locationID":"amsterdam","quantity":4}]}}`); err == nil || !strings.Contains(err.Error(), "running total") {
		t.Errorf("a smaller total was answered %v", err)
	}
	w.Patch("both", `{"spec":{"intent":"Consume"}}`)
	w.AwaitPhase("both", v1.PhaseConsumed)
	w.AwaitItem("mug-r", func(i *v1.StockItem) bool {
		return i.Status.Consumed == 2 && i.Status.Reserved == 0 && i.Status.Available == 3
	})
	w.Settle()
}

func TestConsumeIsRefusedAfterRelease(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("mug", "mug", "amsterdam", 1)
	w.Reservation("gone", testbed.Line("mug", 1))
	w.AwaitPhase("gone", v1.PhaseReserved)
	w.Patch("gone", `{"spec":{"intent":"Release"}}`)
	w.AwaitPhase("gone", v1.PhaseReleased)
	w.Reservation("refused", testbed.Line("mug", 2))
	w.AwaitPhase("refused", v1.PhaseUnavailable)
	if err := w.TryPatch("refused", `{"spec":{"intent":"Consume"}}`); err == nil || !strings.Contains(err.Error(), "Unavailable") {
		t.Errorf("consuming a refused cart was answered %v", err)
	}
}
