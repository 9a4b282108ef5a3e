package webhook

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// stockLevel tells a product's stock from memory.
func (b *bridge) stockLevel(namespace, productID string) (events.StockLevel, error) {
	available, reserved, known := b.Stock.StockLevel(namespace, productID)
	if !known {
		return events.StockLevel{}, fail(notFound, "nobody stocks product %q in namespace %s", productID, namespace)
	}
	return events.StockLevel{ProductID: productID, Available: available, Reserved: reserved}, nil
}

// lookUp reads one Reservation. The cache may be behind what the same caller was
// told a moment ago, so it answers only for phases that never change; anything
// else, and what it does not have, is read from the API server.
func (b *bridge) lookUp(ctx context.Context, key types.NamespacedName) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Wait)
	defer cancel()
	r, ok := b.readCache(ctx, key)
	if ok && r.CurrentPhase().Final() {
		return r, nil
	}
	err := b.persist(ctx, func(ctx context.Context) (err error) {
		r, err = b.readServer(ctx, key)
		return err
	})
	return r, err
}
