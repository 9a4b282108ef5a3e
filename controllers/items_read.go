package controllers

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// itemsPage is how many StockItems are listed with one request.
	itemsPage = 5000
	// fewItems is how many changed StockItems are read with a request each, rather than all
	// with a list.
	fewItems = 100
)

// readNews reads what has to be taken in: from the informer's store, if that is new enough,
// else past all caches.
func (r *StockItemReconciler) readNews(ctx context.Context, namespace string, known knownItems) (itemNews, error) {
	if items, version, ok := r.store.items(namespace); ok && version >= known.mark {
		return newsOf(items, version, known)
	}
	if len(known.items) == 0 {
		return r.readFull(ctx, namespace, known)
	}
	changed, gone, version, err := r.readChanges(ctx, namespace, known)
	if err != nil {
		return itemNews{}, err
	}
	if len(changed) > fewItems {
		return r.readFull(ctx, namespace, known)
	}
	news := itemNews{gone: gone}
	for _, listed := range changed {
		item := &v1.StockItem{}
		err := r.APIReader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: listed.Name}, item)
		if apierrors.IsNotFound(err) || err == nil && item.UID != listed.UID {
			return itemNews{}, errReadAgain
		}
		if err != nil {
			return itemNews{}, fmt.Errorf("read stock item %s/%s past the caches: %w", namespace, listed.Name, err)
		}
		stated, err := statedItem(item)
		if err != nil {
			return itemNews{}, err
		}
		news.put = append(news.put, stock.PutItem{Item: stated, Read: version})
	}
	return news, nil
}

// readFull reads all StockItems whole.
func (r *StockItemReconciler) readFull(ctx context.Context, namespace string, known knownItems) (itemNews, error) {
	var items []*v1.StockItem
	version, err := r.list(ctx, namespace, &v1.StockItemList{}, func(page client.ObjectList) {
		list, _ := page.(*v1.StockItemList)
		for i := range list.Items {
			items = append(items, &list.Items[i])
		}
	})
	if err != nil {
		return itemNews{}, err
	}
	return newsOf(items, version, known)
}

// readChanges lists the metadata of all StockItems: those that are not known as they are,
// and those that are known and gone.
func (r *StockItemReconciler) readChanges(ctx context.Context, namespace string, known knownItems) (
	changed []metav1.ObjectMeta, gone []stock.Request, version uint64, err error,
) {
	listed := make(map[stock.ID]struct{}, len(known.items))
	empty := &metav1.PartialObjectMetadataList{}
	empty.SetGroupVersionKind(v1.GroupVersion.WithKind("StockItemList"))
	version, err = r.list(ctx, namespace, empty, func(page client.ObjectList) {
		list, _ := page.(*metav1.PartialObjectMetadataList)
		for i := range list.Items {
			item := &list.Items[i]
			listed[stock.ID(item.UID)] = struct{}{}
			if said, ok := known.items[stock.ID(item.UID)]; !ok || said != recordedBy(item) {
				changed = append(changed, item.ObjectMeta)
			}
		}
	})
	return changed, known.without(listed, version), version, err
}

// list lists all StockItems past the caches, page by page and whole at one version, which it
// returns.
func (r *StockItemReconciler) list(ctx context.Context, namespace string, empty client.ObjectList, each func(page client.ObjectList)) (uint64, error) {
	for next := ""; ; {
		page, _ := empty.DeepCopyObject().(client.ObjectList)
		err := r.APIReader.List(ctx, page, client.InNamespace(namespace), client.Limit(itemsPage), client.Continue(next))
		if err != nil {
			return 0, fmt.Errorf("list the stock items of namespace %s past the caches: %w", namespace, err)
		}
		each(page)
		if next = page.GetContinue(); next == "" {
			return parseVersion(page.GetResourceVersion())
		}
	}
}

// newsOf is what has to be taken in of all StockItems, as of a version.
func newsOf(items []*v1.StockItem, version uint64, known knownItems) (itemNews, error) {
	var news itemNews
	listed := make(map[stock.ID]struct{}, len(items))
	for _, item := range items {
		uid := stock.ID(item.UID)
		listed[uid] = struct{}{}
		if said, ok := known.items[uid]; ok && said == recordedBy(item) {
			continue
		}
		stated, err := statedItem(item)
		if err != nil {
			return itemNews{}, err
		}
		news.put = append(news.put, stock.PutItem{Item: stated, Read: version})
	}
	news.gone = known.without(listed, version)
	return news, nil
}

// without is that those are gone which were not listed at a version.
func (k knownItems) without(listed map[stock.ID]struct{}, version uint64) []stock.Request {
	var gone []stock.Request
	for uid := range k.items {
		if _, ok := listed[uid]; !ok {
			gone = append(gone, stock.DropItem{UID: uid, Version: version, Read: version})
		}
	}
	return gone
}
