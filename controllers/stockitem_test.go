package controllers

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// accounts is a Stock that notes what it is told, in order.
type accounts struct {
	position ledger.Position
	unknown  bool
	confirm  func() error
	meddled  bool
	told     []string
}

func (a *accounts) SeeItem(item *v1.StockItem) {
	a.told = append(a.told, fmt.Sprintf("see generation %d, shown %d", item.Generation, item.Status.ObservedGeneration))
}

func (a *accounts) Confirm(context.Context, *v1.StockItem) error {
	a.told = append(a.told, "confirm")
	if a.confirm != nil {
		return a.confirm()
	}
	return nil
}

func (a *accounts) Position(string, types.UID) (ledger.Position, bool) {
	a.told = append(a.told, "position")
	return a.position, !a.unknown
}

func (*accounts) ItemChanges(*v1.StockItem) uint64 { return 0 }

func (*accounts) ItemShown(*v1.StockItem, uint64) {}

func (a *accounts) ItemMeddled(*v1.StockItem, uint64) bool { return a.meddled }

func (*accounts) StaleItems() <-chan event.GenericEvent { return nil }

func stockItem(t *testing.T, c client.Client) *v1.StockItem {
	t.Helper()
	item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Name: "item"}, Spec: v1.StockItemSpec{ProductID: "p", Received: 10}}
	if err := c.Create(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	return item
}

// A generation is shown only after it is proven to bind every decision, and its
// figures are taken after that. Figures alone need no proof, and no write where
// nothing changed.
func TestStockItemReconcile(t *testing.T) {
	c := apiClient(t)
	item := stockItem(t, c)
	stock := &accounts{position: ledger.Position{Serving: true, ServingName: "item", Reserved: 4, Available: 6}}
	r := &StockItemReconciler{Client: c, Stock: stock, Clock: clocktesting.NewFakePassiveClock(now)}
	reconcile := func(wantTold ...string) v1.StockItem {
		t.Helper()
		stock.told = nil
		if _, err := r.Reconcile(t.Context(), requestFor(item)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantTold, stock.told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		var got v1.StockItem
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(item), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}

	first := reconcile("see generation 1, shown 0", "confirm", "position", "see generation 1, shown 1")
	if s := first.Status; s.OnHand != 10 || s.Reserved != 4 || s.Available != 6 || s.ObservedGeneration != 1 {
		t.Errorf("status is %+v", s)
	}
	if again := reconcile("see generation 1, shown 1", "position"); again.ResourceVersion != first.ResourceVersion {
		t.Error("it was written again without a change")
	}
	stock.position.Reserved, stock.position.Available = 5, 5
	moved := reconcile("see generation 1, shown 1", "position", "see generation 1, shown 1")
	if moved.Status.Reserved != 5 {
		t.Errorf("reserved is %d, want 5", moved.Status.Reserved)
	}

	moved.Spec.Received = 3
	if err := c.Update(t.Context(), &moved); err != nil {
		t.Fatal(err)
	}
	stock.confirm = func() error { // a hold of an earlier leader comes to light
		stock.position = ledger.Position{Serving: true, ServingName: "item", Reserved: 7, Shortfall: 4}
		return nil
	}
	cut := reconcile("see generation 2, shown 1", "confirm", "position", "see generation 2, shown 2")
	if s := cut.Status; s.OnHand != 3 || s.Reserved != 7 || s.Shortfall != 4 || s.ObservedGeneration != 2 {
		t.Errorf("status after the cut is %+v", s)
	}
}

func TestStockItemIsNotShownWithoutProof(t *testing.T) {
	stopped := errors.New("stopped")
	cases := map[string]struct {
		stock   *accounts
		wantErr error
	}{
		"no proof":       {&accounts{confirm: func() error { return stopped }}, stopped},
		"gone meanwhile": {&accounts{unknown: true}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := apiClient(t)
			item := stockItem(t, c)
			r := &StockItemReconciler{Client: c, Stock: tc.stock, Clock: clocktesting.NewFakePassiveClock(now)}
			if _, err := r.Reconcile(t.Context(), requestFor(item)); !errors.Is(err, tc.wantErr) {
				t.Errorf("error is %v, want %v", err, tc.wantErr)
			}
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(item), item); err != nil || item.Status.ObservedGeneration != 0 {
				t.Errorf("error %v, status %+v", err, item.Status)
			}
		})
	}
}

// Somebody writes the item between its reading and the write: nothing is done,
// since the change comes as an event.
func TestStockItemConflict(t *testing.T) {
	c := apiClient(t)
	item := stockItem(t, c)
	stock := &accounts{position: ledger.Position{Serving: true}, confirm: func() error {
		other := item.DeepCopy()
		other.Spec.Received = 20
		return c.Update(t.Context(), other)
	}}
	r := &StockItemReconciler{Client: c, Stock: stock, Clock: clocktesting.NewFakePassiveClock(now)}
	if _, err := r.Reconcile(t.Context(), requestFor(item)); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(item), item); err != nil || item.Status.ObservedGeneration != 0 {
		t.Errorf("error %v, status %+v", err, item.Status)
	}
}

// A status that somebody else had changed is told, as it was and as it is written
// again. One that merely lags is not.
func TestStockItemMeddled(t *testing.T) {
	for name, meddled := range map[string]bool{"changed by somebody else": true, "lagging": false} {
		t.Run(name, func(t *testing.T) {
			c := apiClient(t)
			item := stockItem(t, c)
			item.Status = v1.StockItemStatus{ObservedGeneration: 1, OnHand: 77}
			if err := c.Status().Update(t.Context(), item); err != nil {
				t.Fatal(err)
			}
			var told []int64
			r := &StockItemReconciler{
				Client: c, Stock: &accounts{position: ledger.Position{Serving: true}, meddled: meddled},
				Clock: clocktesting.NewFakePassiveClock(now),
				Meddled: func(_ context.Context, was v1.StockItemStatus, is *v1.StockItem) {
					told = append(told, was.OnHand, is.Status.OnHand)
				},
			}
			if _, err := r.Reconcile(t.Context(), requestFor(item)); err != nil {
				t.Fatal(err)
			}
			var want []int64
			if meddled {
				want = []int64{77, 10}
			}
			if diff := cmp.Diff(want, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}
