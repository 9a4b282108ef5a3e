package controllers

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Ten thousand items are read and taken in before the first cart is decided, and at the next
// start, where nothing is new, hardly anything is read.
func TestColdStart(t *testing.T) {
	items := 10_000
	if testing.Short() {
		items = 500
	}
	w := newWorld(t)
	making := errgroup.Group{}
	making.SetLimit(32)
	began := time.Now()
	for i := range items {
		making.Go(func() error {
			return w.Create(context.Background(), &v1.StockItem{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("item-", i)}, Spec: v1.StockItemSpec{ProductID: fmt.Sprint("p", i), Received: 5},
			})
		})
	}
	if err := making.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %s", time.Since(began))

	// without a store everything is listed past the caches
	listing := func(p *process) { p.listing = true }
	for _, how := range []struct {
		name   string
		modify func(*process)
		change string
	}{
		{"all new, from a list", listing, "item-77"},
		{"nearly all known, from metadata", listing, "item-78"},
		{"nearly all known, from the store", func(*process) {}, ""},
	} {
		p := w.leads(how.modify)
		began := time.Now()
		w.eventually(how.name+" are taken in", func() bool { done, _ := p.items.Stocked(w.namespace); return done })
		t.Logf("%s: %s", how.name, time.Since(began))
		for i := range items {
			if i%1000 == 0 && !p.reserve(fmt.Sprint("p", i), 1) {
				t.Errorf("%s: product %d is refused", how.name, i)
			}
		}
		p.runner().Read(func(s *stock.State, _ *journal.Log) {
			if n := s.Totals().Items; n != int64(items) {
				t.Errorf("%s: the journal has %d items", how.name, n)
			}
			encoded, stored := s.LogBytes()
			t.Logf("the journal takes %d bytes, %d stored", encoded, stored)
		})
		p.stop()
		if how.change != "" {
			w.change(how.change, func(s *v1.StockItemSpec) { s.Received = 9 })
		}
	}
}
