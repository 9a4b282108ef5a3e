package allocator

import (
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/acme/inventory-service/internal/ledger"
)

// StockLevel returns the units of a product that can be reserved and those
// that are, over all locations, from memory. known is false where nobody
// stocks or holds the product.
func (a *Allocator) StockLevel(namespace, productID string) (available, reserved int64, known bool) {
	s := a.existing(namespace)
	if s == nil {
		return 0, 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Stock().Level(productID)
}

// Position returns where a StockItem stands. known is false if it was not seen
// or is gone.
func (a *Allocator) Position(namespace string, uid types.UID) (p ledger.Position, known bool) {
	s := a.existing(namespace)
	if s == nil {
		return ledger.Position{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Stock().Position(uid)
}

// StaleItems delivers StockItems whose status should be written again, at the
// pace that leaves the API server to the decisions.
func (a *Allocator) StaleItems() <-chan event.GenericEvent { return a.stale.out }

func (a *Allocator) itemNames(namespace string, key ledger.Key) []string {
	s := a.existing(namespace)
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Stock().ItemNames(key)
}
