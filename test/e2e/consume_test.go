package e2e

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

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

// A part that names no location is a total over all of them, as over HTTP, and what matches
// nothing is refused or told.
func TestConsumeWithoutLocation(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("mug-a", "mug", "amsterdam", 5)
	w.Stock("mug-r", "mug", "rotterdam", 5)
	w.Reservation("both", testbed.Line("mug", 8))
	w.AwaitPhase("both", v1.PhaseReserved)
	w.Patch("both", `{"spec":{"consumeItems":[{"productID":"mug","quantity":6}]}}`)
	w.AwaitItem("mug-a", func(i *v1.StockItem) bool { return i.Status.Consumed == 5 && i.Status.Reserved == 0 })
	w.AwaitItem("mug-r", func(i *v1.StockItem) bool { return i.Status.Consumed == 1 && i.Status.Reserved == 2 })
	for patch, says := range map[string]string{
		`{"spec":{"consumeItems":[{"productID":"mug","quantity":9}]}}`:                                                   "see spec.items",
		`{"spec":{"consumeItems":[{"productID":"mug","quantity":6},{"productID":"cup","quantity":1}]}}`:                  "see spec.items",
		`{"spec":{"releaseItems":[{"productID":"mug","locationID":"default","quantity":1}]}}`:                            "see status.allocations",
		`{"spec":{"releaseItems":[{"productID":"mug","quantity":1},{"productID":"mug","locationID":"b","quantity":1}]}}`: "all name a location",
	} {
		if err := w.TryPatch("both", patch); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s was answered %v", patch, err)
		}
	}
	w.Patch("both", `{"spec":{"releaseItems":[{"productID":"mug","quantity":2}]}}`)
	w.AwaitPhase("both", v1.PhaseConsumed)

	// A location that has nothing for sale cannot ship in place of the one that holds the unit.
	w.Stock("cup", "cup", "amsterdam", 1)
	w.ReservationOf("late", v1.ReservationSpec{
		Items:        []v1.ReservationItem{testbed.Line("cup", 1)},
		ConsumeItems: []v1.PartialItem{{ProductID: "cup", LocationID: "default", Quantity: 1}},
	})
	r := w.AwaitReservation("late", func(r *v1.Reservation) bool {
		return meta.IsStatusConditionFalse(r.Status.Conditions, v1.ConditionItemsMatch)
	})
	if told := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionItemsMatch); told.Reason != v1.ReasonNotThere {
		t.Errorf("told %+v", told)
	}
	w.Settle()
}

// What was carried out stays when a manifest that says something else is applied again, and a
// cart that is made to be consumed, as on a fresh cluster, is.
func TestIntentInManifests(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("mug", "mug", "amsterdam", 5)
	w.Reservation("applied", testbed.Line("mug", 2))
	w.AwaitPhase("applied", v1.PhaseReserved)
	w.Patch("applied", `{"spec":{"intent":"Consume"}}`)
	w.AwaitPhase("applied", v1.PhaseConsumed)
	w.Patch("applied", `{"spec":{"intent":"Hold"}}`)
	for name, intent := range map[string]v1.Intent{"shipped": v1.IntentConsume, "withdrawn": v1.IntentRelease} {
		w.ReservationOf(name, v1.ReservationSpec{Intent: intent, Items: []v1.ReservationItem{testbed.Line("mug", 1)}})
	}
	w.AwaitPhase("shipped", v1.PhaseConsumed)
	w.AwaitPhase("withdrawn", v1.PhaseReleased)
	w.Settle()
	w.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 && i.Status.Available == 2 })
	w.AwaitPhase("applied", v1.PhaseConsumed)
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
