package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
	"github.com/acme/inventory-service/test/fixture"
)

func TestShowItem(t *testing.T) {
	serving := stock.ItemFigures{Serving: true, ServingName: "item", OnHand: 10}
	of := func(reserved, available int64) stock.ItemFigures {
		p := serving
		p.Reserved, p.Available = reserved, available
		return p
	}
	cases := map[string]struct {
		spec     v1.StockItemSpec
		position stock.ItemFigures
		want     v1.StockItemStatus // figures alone
		// conditions by type: status and reason.
		ready, inStock, lowStock, oversold string
	}{
		"plenty": {
			spec: v1.StockItemSpec{LowStockThreshold: 3}, position: of(4, 6),
			want:  v1.StockItemStatus{OnHand: 10, Reserved: 4, Available: 6},
			ready: "True Serving", inStock: "True UnitsAvailable", lowStock: "False AboveThreshold", oversold: "False PromisesCovered",
		},
		"just low": {
			spec: v1.StockItemSpec{LowStockThreshold: 3}, position: of(7, 3),
			want:  v1.StockItemStatus{OnHand: 10, Reserved: 7, Available: 3},
			ready: "True Serving", inStock: "True UnitsAvailable", lowStock: "True BelowThreshold", oversold: "False PromisesCovered",
		},
		"just not low": {
			spec: v1.StockItemSpec{LowStockThreshold: 3}, position: of(6, 4),
			want:  v1.StockItemStatus{OnHand: 10, Reserved: 6, Available: 4},
			ready: "True Serving", inStock: "True UnitsAvailable", lowStock: "False AboveThreshold", oversold: "False PromisesCovered",
		},
		"sold out, without a threshold": {
			position: of(10, 0), want: v1.StockItemStatus{OnHand: 10, Reserved: 10},
			ready: "True Serving", inStock: "False SoldOut", lowStock: "False NoThreshold", oversold: "False PromisesCovered",
		},
		"suspended": {
			spec: v1.StockItemSpec{Suspended: true, LowStockThreshold: 1}, position: of(2, 0),
			want:  v1.StockItemStatus{OnHand: 10, Reserved: 2},
			ready: "True Serving", inStock: "False Suspended", lowStock: "True BelowThreshold", oversold: "False PromisesCovered",
		},
		"received was lowered": {
			position: stock.ItemFigures{Serving: true, OnHand: 3, Reserved: 5, Shortfall: 2},
			want:     v1.StockItemStatus{OnHand: 3, Reserved: 5, Shortfall: 2},
			ready:    "False ReceivedLowered", inStock: "False SoldOut", lowStock: "False NoThreshold", oversold: "True ReceivedLowered",
		},
		"more was shipped than received": {
			position: stock.ItemFigures{Serving: true, Consumed: 6, Shortfall: 2},
			want:     v1.StockItemStatus{Consumed: 6, Shortfall: 2},
			ready:    "False ReceivedLowered", inStock: "False SoldOut", lowStock: "False NoThreshold", oversold: "True ReceivedLowered",
		},
		"some were shipped, carts refused": {
			position: stock.ItemFigures{Serving: true, OnHand: 6, Consumed: 4, Reserved: 1, Available: 5, Refused: 7},
			want:     v1.StockItemStatus{OnHand: 6, Reserved: 1, Available: 5, Consumed: 4, Refused: 7},
			ready:    "True Serving", inStock: "True UnitsAvailable", lowStock: "False NoThreshold", oversold: "False PromisesCovered",
		},
		"a duplicate": {
			spec: v1.StockItemSpec{LowStockThreshold: 3}, position: stock.ItemFigures{ServingName: "other"},
			ready: "False DuplicateStockItem", inStock: "False NotServing", lowStock: "False NotServing", oversold: "False PromisesCovered",
		},
		"one that waits": {
			spec: v1.StockItemSpec{LowStockThreshold: 3}, position: stock.ItemFigures{Waits: true, Refused: 2}, want: v1.StockItemStatus{Refused: 2},
			ready: "False TakeOverUnconfirmed", inStock: "False NotServing", lowStock: "False NotServing", oversold: "False PromisesCovered",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			item := &v1.StockItem{
				ObjectMeta: metav1.ObjectMeta{Name: "item", Generation: 7}, Spec: tc.spec,
				// What was shown before must not shine through.
				Status: v1.StockItemStatus{
					ObservedGeneration: 6, OnHand: 99, Reserved: 99, Available: 99, Shortfall: 99, Consumed: 99, Refused: 99, Position: "0a1b2c3d.7.12",
				},
			}
			item.Spec.ProductID = "p"
			view.ShowItem(item, tc.position, v1.AnyIDs, fixture.Start)
			got := *item.Status.DeepCopy()
			got.Conditions = nil
			tc.want.ObservedGeneration, tc.want.Position = 7, "0a1b2c3d.7.12"
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
			conditions := map[string]string{}
			for _, c := range item.Status.Conditions {
				conditions[c.Type] = string(c.Status) + " " + c.Reason
				if c.ObservedGeneration != 7 || !c.LastTransitionTime.Time.Equal(fixture.Start) || c.Message == "" {
					t.Errorf("condition %+v", c)
				}
			}
			want := map[string]string{"Ready": tc.ready, "InStock": tc.inStock, "LowStock": tc.lowStock, "Oversold": tc.oversold}
			if !tc.position.Serving {
				_, reason, _ := strings.Cut(tc.ready, " ")
				want["Stalled"] = "True " + reason
			}
			if diff := cmp.Diff(want, conditions); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			again := item.DeepCopy()
			view.ShowItem(again, tc.position, v1.AnyIDs, fixture.Start.Add(time.Hour))
			if diff := cmp.Diff(item, again); diff != "" {
				t.Errorf("shown again an hour later it differs, and would be written (-want +got):\n%s", diff)
			}
		})
	}
}

// A condition that changes says since when.
func TestShowItemLater(t *testing.T) {
	item := &v1.StockItem{Spec: v1.StockItemSpec{ProductID: "p"}}
	p := stock.ItemFigures{Serving: true, OnHand: 1, Available: 1}
	view.ShowItem(item, p, v1.AnyIDs, fixture.Start)
	p.Reserved, p.Available = 1, 0
	later := fixture.Start.Add(time.Hour)
	view.ShowItem(item, p, v1.AnyIDs, later)
	for _, c := range item.Status.Conditions {
		want := fixture.Start
		if c.Type == v1.ConditionInStock {
			want = later
		}
		if !c.LastTransitionTime.Time.Equal(want) {
			t.Errorf("%s since %s, want %s", c.Type, c.LastTransitionTime, want)
		}
	}
}

// The number that is told says which part of it was promised and which was shipped.
func TestShortfall(t *testing.T) {
	for says, p := range map[string]stock.ItemFigures{
		"2 promised units are not on hand: raise received or release reservations":                                               {OnHand: 3, Reserved: 5, Shortfall: 2},
		"50 more units were shipped than received: raise received":                                                               {Consumed: 100, Shortfall: 50},
		"5 promised units are not on hand, and 50 more units were shipped than received: raise received or release reservations": {Consumed: 100, Reserved: 5, Shortfall: 55},
	} {
		p.Serving = true
		item := &v1.StockItem{Spec: v1.StockItemSpec{ProductID: "p"}}
		view.ShowItem(item, p, v1.AnyIDs, fixture.Start)
		for _, kind := range []string{v1.ConditionReady, v1.ConditionOversold} {
			if got := meta.FindStatusCondition(item.Status.Conditions, kind).Message; got != says {
				t.Errorf("%s says %q, want %q", kind, got, says)
			}
		}
	}
}

// Whoever sees an item that waits is told what to do.
func TestTakeOverUnconfirmed(t *testing.T) {
	item := &v1.StockItem{Spec: v1.StockItemSpec{ProductID: "p"}}
	view.ShowItem(item, stock.ItemFigures{Waits: true}, v1.AnyIDs, fixture.Start)
	const says = `the StockItem that served this product at this location is gone: count what is there and set received, ` +
		`or annotate this one with inventory.acme.com/take-over="true"`
	for _, kind := range []string{v1.ConditionReady, v1.ConditionStalled} {
		if got := meta.FindStatusCondition(item.Status.Conditions, kind).Message; got != says {
			t.Errorf("%s says %q, want %q", kind, got, says)
		}
	}
}

// Nothing is sold from an item that is being deleted.
func TestTerminatingItem(t *testing.T) {
	item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &metav1.Time{Time: fixture.Start}}, Spec: v1.StockItemSpec{ProductID: "p"}}
	view.ShowItem(item, stock.ItemFigures{Serving: true, OnHand: 5}, v1.AnyIDs, fixture.Start)
	if in := meta.FindStatusCondition(item.Status.Conditions, v1.ConditionInStock); in.Reason != v1.ReasonSuspended || !view.Suspended(item) {
		t.Errorf("told %+v", in)
	}
}

// Nobody can ask for a product by an id that is not taken, so its item does not serve well;
// its figures stay what they are.
func TestShowItemOfInvalidProduct(t *testing.T) {
	item := &v1.StockItem{Spec: v1.StockItemSpec{ProductID: "mug"}}
	p := stock.ItemFigures{Serving: true, OnHand: 5, Available: 5}
	for _, ids := range []v1.IDs{v1.UUIDs, v1.AnyIDs, v1.UUIDs} {
		view.ShowItem(item, p, ids, fixture.Start)
		ready := meta.FindStatusCondition(item.Status.Conditions, v1.ConditionReady)
		stalled := meta.FindStatusCondition(item.Status.Conditions, v1.ConditionStalled)
		if ids == v1.AnyIDs {
			if ready.Status != metav1.ConditionTrue || stalled != nil {
				t.Errorf("among any ids it is %+v, %+v", ready, stalled)
			}
			continue
		}
		if ready.Status != metav1.ConditionFalse || stalled.Status != metav1.ConditionTrue || stalled.Reason != v1.ReasonInvalidID ||
			!strings.Contains(stalled.Message, "spec.productID must be a UUID") || item.Status.OnHand != 5 {
			t.Errorf("among UUIDs it is %+v, %+v", ready, stalled)
		}
	}
}
