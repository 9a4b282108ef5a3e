package controllers

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
)

// Watched receives what the watches see, such as a namespaces.Set does.
type Watched interface {
	Namespaces
	SeeNamespace(namespace *metav1.PartialObjectMetadata)
	NamespaceGone(namespace *metav1.PartialObjectMetadata)
}

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockledgers,verbs=get;list;watch

// Feed tells which namespaces there are and which of them have something of ours, and each
// Runner what the StockLedger names, on every replica, whether it leads or not. The returned
// function tells whether it has told everything that there was when the watches began.
func Feed(ctx context.Context, mgr ctrl.Manager, watched Watched) (synced func() bool, err error) {
	var registered []toolscache.ResourceEventHandlerRegistration
	for _, f := range []struct {
		kind    client.Object
		handler toolscache.ResourceEventHandler
	}{
		{namespaces.Kind(), eventHandler(seenNamespace(ctx, mgr.GetCache(), watched), watched.NamespaceGone)},
		{&v1.Reservation{}, eventHandler(seen[*v1.Reservation](watched), nil)},
		{&v1.StockItem{}, eventHandler(seen[*v1.StockItem](watched), nil)},
		{&v1.StockLedger{}, eventHandler(func(l *v1.StockLedger) {
			watched.See(l.Namespace)
			if runner, ok := watched.Find(l.Namespace); ok {
				seeLedger(runner, l)
			}
		}, nil)},
	} {
		informer, err := mgr.GetCache().GetInformer(ctx, f.kind)
		if err != nil {
			return nil, fmt.Errorf("watch %T: %w", f.kind, err)
		}
		registration, err := informer.AddEventHandler(f.handler)
		if err != nil {
			return nil, fmt.Errorf("follow %T: %w", f.kind, err)
		}
		registered = append(registered, registration)
	}
	return func() bool {
		for _, r := range registered {
			if !r.HasSynced() {
				return false
			}
		}
		return true
	}, nil
}

// seenNamespace tells of a Namespace as it is, and if it is not worked in, whether there is
// something of ours in it. The watch of that may have told so while the namespace of before, which
// had the same name, was still known, and does not tell it again.
func seenNamespace(ctx context.Context, cache client.Reader, watched Watched) func(*metav1.PartialObjectMetadata) {
	return func(namespace *metav1.PartialObjectMetadata) {
		watched.SeeNamespace(namespace)
		if _, ok := watched.Find(namespace.Name); !ok && hasOurs(ctx, cache, namespace.Name) {
			watched.See(namespace.Name)
		}
	}
}

// hasOurs tells whether the caches have something of ours in a namespace. They have what was told:
// an object comes into the cache before anybody is told of it. Where they cannot tell, they are
// those of other namespaces, or the process ends.
func hasOurs(ctx context.Context, cache client.Reader, namespace string) bool {
	for _, list := range []client.ObjectList{&v1.StockItemList{}, &v1.ReservationList{}, &v1.StockLedgerList{}} {
		err := cache.List(ctx, list, client.InNamespace(namespace), client.Limit(1), client.UnsafeDisableDeepCopy)
		if err == nil && meta.LenList(list) > 0 {
			return true
		}
	}
	return false
}

func seen[T client.Object](watched Watched) func(T) {
	return func(object T) { watched.See(object.GetNamespace()) }
}

// Ledgers returns an attendant that tells a Runner, as it begins, what the StockLedger in the
// cache names: the watch may have told it before there was the Runner.
func Ledgers(cache client.Reader) namespaces.Attendant {
	return func(ctx context.Context, namespace string, runner *allocator.Runner) {
		var ledger v1.StockLedger
		if err := cache.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1.LedgerName}, &ledger); err == nil {
			seeLedger(runner, &ledger)
		}
	}
}

func seeLedger(runner *allocator.Runner, l *v1.StockLedger) {
	if named := l.Status.Journal; named != nil {
		runner.SeeLedger(journal.Identity{Journal: string(named.UID), Namespace: string(named.Namespace)})
	}
}

// eventHandler calls seen for every version of an object and gone, if there is one, for its
// deletion. One name can stand for two objects, one after the other: where the deletion
// of the first was missed, its end shows in the uid.
func eventHandler[T client.Object](seen, gone func(T)) toolscache.ResourceEventHandler {
	if gone == nil {
		gone = func(T) {}
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) {
			if o, ok := object.(T); ok {
				seen(o)
			}
		},
		UpdateFunc: func(before, after any) {
			old, wasT := before.(T)
			o, isT := after.(T)
			if wasT && isT && old.GetUID() != o.GetUID() {
				gone(old)
			}
			if isT {
				seen(o)
			}
		},
		DeleteFunc: func(object any) {
			if unknown, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
				object = unknown.Obj
			}
			if o, ok := object.(T); ok {
				gone(o)
			}
		},
	}
}
