package controllers

import (
	"context"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// takeIn has the journal take in a StockItem as it is. read is the version of the store that
// shows it, which may be too old to tell that the item has not been deleted since: then a
// list past the caches tells.
func (r *StockItemReconciler) takeIn(ctx context.Context, runner *allocator.Runner, item *v1.StockItem, read uint64) error {
	for {
		stated, err := statedItem(item)
		if err != nil {
			return err
		}
		if err := r.dropBefore(ctx, runner, item.Namespace, stated); err != nil {
			return err
		}
		answer, err := runner.Ask(ctx, stock.PutItem{Item: stated, Read: read})
		if err != nil {
			return err
		}
		switch answer.Verdict {
		case stock.Done, stock.Repeated:
			return nil
		case stock.Unverified, stock.Outdated:
		default:
			return &verdictError{answer.Verdict}
		}
		if item, read, err = r.readOne(ctx, item.Namespace, item.Name); err != nil || item == nil {
			return err
		}
	}
}

// dropBefore has the journal take in that the StockItem which serves an item's place is gone,
// if so: one that was made after that takes nobody's place. One that was made again under its
// name takes over by itself, without a moment in which nobody serves.
func (r *StockItemReconciler) dropBefore(ctx context.Context, runner *allocator.Runner, namespace string, item stock.Item) error {
	var serving stock.Item
	var known, served bool
	runner.Read(func(s *stock.State, _ *journal.Log) {
		_, known = s.Item(item.UID)
		serving, served = s.ServingItem(stock.Key{Product: item.Product, Location: item.Location})
	})
	if known || !served || serving.Name == item.Name {
		return nil
	}
	_, err := r.reconcileGone(ctx, goneItem{
		NamespacedName: types.NamespacedName{Namespace: namespace, Name: serving.Name}, UID: types.UID(serving.UID),
	})
	return err
}

// verdictError is a verdict that the request should never get.
type verdictError struct{ stock.Verdict }

// Error names the verdict.
func (e *verdictError) Error() string {
	return fmt.Sprintf("the journal answered %s, which this request should never get: it is asked again; report it if it stays", e.Verdict)
}

// readOne reads the StockItem of a name past all caches, nil if there is none, and the
// version at which that is true. A GET would not tell a version where there is none.
func (r *StockItemReconciler) readOne(ctx context.Context, namespace, name string) (*v1.StockItem, uint64, error) {
	var list v1.StockItemList
	if err := r.APIReader.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{"metadata.name": name}); err != nil {
		return nil, 0, fmt.Errorf("read stock item %s/%s past the caches: %w", namespace, name, err)
	}
	version, err := parseVersion(list.ResourceVersion)
	if err != nil || len(list.Items) == 0 {
		return nil, version, err
	}
	return &list.Items[0], version, nil
}

// statedItem is a StockItem as the journal states it.
func statedItem(item *v1.StockItem) (stock.Item, error) {
	version, err := parseVersion(item.ResourceVersion)
	return stock.Item{
		UID: stock.ID(item.UID), Name: item.Name, Product: idOf(item.Spec.ProductID), Location: item.Spec.LocationID,
		Created: stock.Time(item.CreationTimestamp.UnixMicro()), Generation: item.Generation, Version: version,
		Received: item.Spec.Received, SafetyStock: item.Spec.SafetyStock, LowStock: item.Spec.LowStockThreshold,
		Priority: item.Spec.Priority, Suspended: view.Suspended(item), TakesOver: takesOver(item),
		Untracked: untracked(item),
	}, err
}

// untracked tells whether nobody counts the units of a StockItem.
func untracked(item *v1.StockItem) bool { return item.Spec.Tracking == v1.TrackingUnlimited }

// takesOver tells whether the owner of a StockItem says that it takes over.
func takesOver(item metav1.Object) bool {
	return item.GetAnnotations()[v1.TakeOverAnnotation] == "true"
}

// parseVersion reads a resourceVersion. Those of one kind can be compared.
func parseVersion(text string) (uint64, error) {
	version, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("resourceVersion %q is no number: %w", text, err)
	}
	return version, nil
}
