package controllers

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/outcomes"
)

// View is what is fed with everything that the watches see.
type View interface {
	// SeeCachedReservation may keep parts of r, which nobody changes.
	SeeCachedReservation(r *v1.Reservation)
	ReservationGone(namespace string, uid types.UID)
	SeeItem(item *v1.StockItem)
	ItemGone(namespace string, uid types.UID)
	// ItemStale says that somebody else may have written the item's status.
	ItemStale(item *v1.StockItem)
	SeeTally(t *v1.StockTally)
	// TallyGone says that somebody deleted a tally, which no operator does.
	TallyGone(t *v1.StockTally)
	SeeLedger(l *v1.StockLedger)
	LedgerGone(namespace string, uid types.UID)
}

// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockledgers;stocktallies,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockledgers/status;stocktallies/status,verbs=get;update;patch

// Feed tells view and board what the watches see, on every replica, whether it
// leads or not. The returned function tells whether they have been told
// everything that there was when the watches began.
func Feed(ctx context.Context, mgr ctrl.Manager, view View, board *outcomes.Board) (synced func() bool, err error) {
	var registered []toolscache.ResourceEventHandlerRegistration
	for _, f := range []struct {
		kind    client.Object
		handler toolscache.ResourceEventHandler
	}{
		{&v1.Reservation{}, eventHandler(
			func(r *v1.Reservation) { view.SeeCachedReservation(r); board.Announce(r) },
			func(r *v1.Reservation) { view.ReservationGone(r.Namespace, r.UID); board.AnnounceDeleted(r) },
		)},
		{&v1.StockItem{}, eventHandler(
			func(item *v1.StockItem) { view.SeeItem(item); view.ItemStale(item) },
			func(item *v1.StockItem) { view.ItemGone(item.Namespace, item.UID) },
		)},
		{&v1.StockTally{}, eventHandler(view.SeeTally, view.TallyGone)},
		{&v1.StockLedger{}, eventHandler(
			view.SeeLedger,
			func(l *v1.StockLedger) { view.LedgerGone(l.Namespace, l.UID) },
		)},
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

// eventHandler calls seen for every version of an object and gone for its deletion.
// One name can stand for two objects, one after the other: where the deletion
// of the first was missed, its end shows in the uid.
func eventHandler[T client.Object](seen, gone func(T)) toolscache.ResourceEventHandler {
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
