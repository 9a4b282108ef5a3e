package cluster

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// fromVersion has a watch begin where a list was read.
func fromVersion(list client.ObjectList) *metav1.ListOptions {
	return &metav1.ListOptions{ResourceVersion: list.GetResourceVersion()}
}

// WatchItems calls see with all StockItems of a namespace (of all where it is empty) at once and
// after each change, until ctx ends or see fails. changed is nil at first and when all were
// read anew. Changes that have come meanwhile are taken together.
func (c *Cluster) WatchItems(ctx context.Context, namespace string, see func(all map[client.ObjectKey]*v1.StockItem, changed []*v1.StockItem) error) error {
	for ctx.Err() == nil {
		var list v1.StockItemList
		if err := c.List(ctx, &list, client.InNamespace(namespace)); err != nil {
			return quiet(ctx, Explained(err))
		}
		all := make(map[client.ObjectKey]*v1.StockItem, len(list.Items))
		for i := range list.Items {
			all[client.ObjectKeyFromObject(&list.Items[i])] = &list.Items[i]
		}
		if err := see(all, nil); err != nil {
			return err
		}
		watcher, err := c.Watch(ctx, &v1.StockItemList{}, client.InNamespace(namespace), &client.ListOptions{Raw: fromVersion(&list)})
		if err != nil {
			return quiet(ctx, Explained(err))
		}
		err = followItems(ctx, watcher, all, see)
		watcher.Stop()
		if err != nil && !passing(err) {
			return quiet(ctx, Explained(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(rewatchAfter):
		}
	}
	return nil
}

// quiet is nil where somebody ended the watch.
func quiet(ctx context.Context, err error) error {
	if ended := ctx.Err(); errors.Is(err, context.Canceled) && ended != nil {
		err = nil
	}
	return err
}

func followItems(ctx context.Context, watcher watch.Interface, all map[client.ObjectKey]*v1.StockItem, see func(map[client.ObjectKey]*v1.StockItem, []*v1.StockItem) error) error {
	for event := range watcher.ResultChan() {
		var changed []*v1.StockItem
		for more := true; more; {
			if event.Type == watch.Error {
				return apierrors.FromObject(event.Object)
			}
			if item, ok := event.Object.(*v1.StockItem); ok {
				changed = append(changed, item)
				key := client.ObjectKeyFromObject(item)
				if all[key] = item; event.Type == watch.Deleted {
					delete(all, key)
				}
			}
			select {
			case event, more = <-watcher.ResultChan():
			default:
				more = false
			}
		}
		if err := see(all, changed); err != nil {
			return err
		}
	}
	return ctx.Err()
}
