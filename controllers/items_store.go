package controllers

import (
	"context"
	"fmt"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	v1 "github.com/acme/inventory-service/api/v1"
)

// itemStore is the informer's store of StockItems, as far as it can tell of which version it
// is. Where each namespace has an informer of its own it cannot, and says 0.
type itemStore struct {
	informer cache.Informer
	indexer  toolscache.Indexer
}

// follow makes the store that of a cache.
func (r *StockItemReconciler) follow(ctx context.Context, from cache.Cache) error {
	informer, err := from.GetInformer(ctx, &v1.StockItem{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watch stock items: %w", err)
	}
	r.store.informer = informer
	if one, ok := informer.(toolscache.SharedIndexInformer); ok {
		r.store.indexer = one.GetIndexer()
	}
	return nil
}

// synced tells whether the store has all that there was when its watch began.
func (s *itemStore) synced() bool { return s.informer != nil && s.informer.HasSynced() }

// version is one that the store has reached, 0 if none is known.
func (s *itemStore) version() uint64 {
	if s.indexer == nil || !s.synced() {
		return 0
	}
	version, err := parseVersion(s.indexer.LastStoreSyncResourceVersion())
	if err != nil {
		return 0
	}
	return version
}

// items are the StockItems of a namespace, which nobody may change, and the version at which
// the store had them and no others. It is not ok where the store moves all the time.
func (s *itemStore) items(namespace string) (items []*v1.StockItem, version uint64, ok bool) {
	const tries = 3
	for range tries {
		if version = s.version(); version == 0 {
			return nil, 0, false
		}
		objects, err := s.indexer.ByIndex(toolscache.NamespaceIndex, namespace)
		if err != nil {
			return nil, 0, false
		}
		if s.version() != version {
			continue
		}
		items = items[:0]
		for _, object := range objects {
			if item, ok := object.(*v1.StockItem); ok {
				items = append(items, item)
			}
		}
		return items, version, true
	}
	return nil, 0, false
}
