package controllers

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// sweepEvery is how often all StockItems are compared with the journal. What happens
	// comes as an event; what happened while nobody led, or between two lists of an
	// informer, does not.
	sweepEvery = time.Minute
	// sweepChunk is for how many items in a row the journal is kept from going on.
	sweepChunk = 500
)

// sweeps compares all StockItems with the journal until ctx ends.
func (r *StockItemReconciler) sweeps(ctx context.Context, namespace string, runner *allocator.Runner) {
	for {
		for !r.store.synced() {
			if !sleep(ctx, paceTick) {
				return
			}
		}
		if err := r.sweep(ctx, namespace, runner); err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "the next sweep of stock items tries again", "namespace", namespace)
		}
		if !sleep(ctx, sweepEvery) {
			return
		}
	}
}

// sleep waits, and tells whether ctx did not end before.
func sleep(ctx context.Context, wait time.Duration) bool {
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

// sweep queues the StockItems of which the journal, or their status, says something else.
func (r *StockItemReconciler) sweep(ctx context.Context, namespace string, runner *allocator.Runner) error {
	var list v1.StockItemList
	if err := r.List(ctx, &list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	present := make(map[stock.ID]struct{}, len(list.Items))
	for chunk := range slices.Chunk(list.Items, sweepChunk) {
		known := make([]knownItem, len(chunk))
		runner.Read(func(s *stock.State, _ *journal.Log) {
			for i := range chunk {
				known[i] = readItem(s, chunk[i].UID)
			}
		})
		for i := range chunk {
			present[stock.ID(chunk[i].UID)] = struct{}{}
			r.compare(&chunk[i], known[i])
		}
	}
	var missing []goneItem
	runner.Read(func(s *stock.State, _ *journal.Log) {
		for item := range s.Items() {
			if _, ok := present[item.UID]; !ok {
				name := types.NamespacedName{Namespace: namespace, Name: item.Name}
				missing = append(missing, goneItem{NamespacedName: name, UID: types.UID(item.UID)})
			}
		}
	})
	for _, gone := range missing {
		r.suspected.add(gone)
	}
	return nil
}

// compare queues an item if there is something to be done about it.
func (r *StockItemReconciler) compare(item *v1.StockItem, known knownItem) {
	switch {
	case known.lacks(item), !known.counts(item), item.Status.ObservedGeneration != item.Generation, known.raised():
		r.pace.urge(client.ObjectKeyFromObject(item))
	default:
		if _, same := known.status(item, r.IDs, r.Now()); !same {
			r.pace.mark(itemKey{item.Namespace, stock.ID(item.UID)}, time.Now())
		}
	}
}
