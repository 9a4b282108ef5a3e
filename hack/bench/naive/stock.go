package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// stock changes StockItems by compare-and-swap.
type stock struct {
	client.Client
	reader client.Reader

	mu sync.Mutex
	// newest are the versions that this process wrote or read last, which the
	// cache may not have yet.
	newest map[client.ObjectKey]*v1.StockItem
}

// change applies a change to a StockItem until it lands over an unchanged
// version. The change tells whether it applies to what it is given.
func (s *stock) change(ctx context.Context, key client.ObjectKey, change func(*v1.StockItem) bool) (bool, error) {
	item, err := s.get(ctx, key)
	for err == nil {
		if !change(item) {
			return false, nil
		}
		item.Status.Available = max(0, item.Status.OnHand-item.Status.Reserved-item.Spec.SafetyStock)
		err = s.Status().Update(ctx, item)
		if err == nil {
			s.remember(item)
			return true, nil
		}
		if apierrors.IsConflict(err) {
			item = &v1.StockItem{}
			if err = s.reader.Get(ctx, key, item); err == nil {
				s.remember(item)
			}
		}
	}
	return false, fmt.Errorf("stock item %s: %w", key, err)
}

// get returns a copy of the newest version known.
func (s *stock) get(ctx context.Context, key client.ObjectKey) (*v1.StockItem, error) {
	item := &v1.StockItem{}
	if err := s.Get(ctx, key, item); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.newest[key]; known != nil && version(known) > version(item) {
		return known.DeepCopy(), nil
	}
	return item, nil
}

func (s *stock) remember(item *v1.StockItem) {
	key := client.ObjectKeyFromObject(item)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.newest[key]; known == nil || version(known) < version(item) {
		s.newest[key] = item.DeepCopy()
	}
}

func version(object client.Object) uint64 {
	v, _ := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	return v
}

// find returns the StockItem of a product; there is one of each here.
func (s *stock) find(ctx context.Context, namespace, productID string) (types.NamespacedName, string, error) {
	var items v1.StockItemList
	err := s.List(ctx, &items, client.InNamespace(namespace), client.MatchingFields{productIndex: productID}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return types.NamespacedName{}, "", err
	}
	if len(items.Items) == 0 {
		return types.NamespacedName{}, "", fmt.Errorf("no stock item has product %s", productID)
	}
	return client.ObjectKeyFromObject(&items.Items[0]), items.Items[0].Spec.LocationID, nil
}
