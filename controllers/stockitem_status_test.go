package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

func TestShowPosition(t *testing.T) {
	type figures struct{ OnHand, Reserved, Available, Consumed, Shortfall int64 }
	serving := func(reserved, available, shortfall int64) ledger.Position {
		return ledger.Position{Serving: true, ServingName: "item", Reserved: reserved, Available: available, Shortfall: shortfall}
	}
	cases := map[string]struct {
		spec     v1.StockItemSpec
		position ledger.Position
		want     figures
		// conditions by type: status and reason.
		ready, inStock, lowStock, oversold string
	}{
		"plenty": {
			spec: v1.StockItemSpec{Received: 10, LowStockThreshold: 3}, position: serving(4, 6, 0),
			want:  figures{OnHand: 10, Reserved: 4, Available: 6},
			ready: "True Serving", inStock: "True UnitsAvailable", lowStock: "False AboveThreshold", oversold: "False PromisesCovered",
		},
		"just low": {
			spec: v1.StockItemSpec{Received: 10, LowStockThreshold: 3}, position: serving(7, 3, 0),
			want:  figures{OnHand: 10, Reserved: 7, Available: 3},
			ready: "True Serving", inStock: "True UnitsAvailable", lowStock: "True BelowThreshold", oversold: "False PromisesCovered",
		},
		"just not low": {
			spec: v1.StockItemSpec{Received: 10, LowStockThreshold: 3}, position: serving(6, 4, 0),
			want:  figures{OnHand: 10, Reserved: 6, Available: 4},
			ready: "True Serving", inStock: "True UnitsAvailable", lowStock: "False AboveThreshold", oversold: "False PromisesCovered",
		},
		"sold out, without a threshold": {
			spec: v1.StockItemSpec{Received: 10}, position: serving(10, 0, 0),
			want:  figures{OnHand: 10, Reserved: 10},
			ready: "True Serving", inStock: "False SoldOut", lowStock: "False NoThreshold", oversold: "False PromisesCovered",
		},
		"suspended": {
			spec: v1.StockItemSpec{Received: 10, Suspended: true, LowStockThreshold: 1}, position: serving(2, 0, 0),
			want:  figures{OnHand: 10, Reserved: 2},
			ready: "True Serving", inStock: "False Suspended", lowStock: "True BelowThreshold", oversold: "False PromisesCovered",
		},
		"received was lowered": {
			spec: v1.StockItemSpec{Received: 3}, position: serving(5, 0, 2),
			want:  figures{OnHand: 3, Reserved: 5, Shortfall: 2},
			ready: "True Serving", inStock: "False SoldOut", lowStock: "False NoThreshold", oversold: "True ReceivedLowered",
		},
		"some were shipped": {
			spec: v1.StockItemSpec{Received: 10}, position: ledger.Position{Serving: true, Consumed: 4, Reserved: 1, Available: 5},
			want:  figures{OnHand: 6, Reserved: 1, Available: 5, Consumed: 4},
			ready: "True Serving", inStock: "True UnitsAvailable", lowStock: "False NoThreshold", oversold: "False PromisesCovered",
		},
		"a duplicate": {
			spec: v1.StockItemSpec{Received: 10, LowStockThreshold: 3}, position: ledger.Position{ServingName: "other"},
			ready: "False DuplicateStockItem", inStock: "False NotServing", lowStock: "False NotServing", oversold: "False PromisesCovered",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			item := &v1.StockItem{
				ObjectMeta: metav1.ObjectMeta{Name: "item", Generation: 7}, Spec: tc.spec,
				// What was shown before must not shine through.
				Status: v1.StockItemStatus{ObservedGeneration: 6, OnHand: 99, Reserved: 99, Available: 99, Shortfall: 99, Consumed: 99},
			}
			showPosition(item, tc.position, now)
			s := item.Status
			if diff := cmp.Diff(tc.want, figures{s.OnHand, s.Reserved, s.Available, s.Consumed, s.Shortfall}); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
			got := map[string]string{}
			for _, c := range s.Conditions {
				got[c.Type] = string(c.Status) + " " + c.Reason
				if c.ObservedGeneration != 7 || !c.LastTransitionTime.Time.Equal(now) || c.Message == "" {
					t.Errorf("condition %+v", c)
				}
			}
			want := map[string]string{"Ready": tc.ready, "InStock": tc.inStock, "LowStock": tc.lowStock, "Oversold": tc.oversold}
			if diff := cmp.Diff(want, got); diff != "" || s.ObservedGeneration != 7 {
				t.Errorf("generation %d, conditions (-want +got):\n%s", s.ObservedGeneration, diff)
			}
			again := item.DeepCopy()
			showPosition(again, tc.position, now.Add(time.Hour))
			if diff := cmp.Diff(item, again); diff != "" {
				t.Errorf("shown again an hour later it differs, and would be written (-want +got):\n%s", diff)
			}
		})
	}
}
