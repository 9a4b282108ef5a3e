package controllers

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// itemWorkers is how many StockItems are written at a time. A new generation waits
// for a write of the StockLedger, which all that wait share: with few workers
// thousands of new items cost a write of the ledger for every few of them. Figures
// alone come at the pace of Stock.StaleItems, whatever their number.
const itemWorkers = 32

// Stock is the accounting that StockItems show.
type Stock interface {
	// SeeItem takes note of a version of a StockItem.
	SeeItem(item *v1.StockItem)
	// Confirm waits until what was seen of a StockItem binds every decision.
	Confirm(ctx context.Context, item *v1.StockItem) error
	// Position is where a StockItem stands.
	Position(namespace string, uid types.UID) (p ledger.Position, known bool)
	// ItemChanges counts the changes of the figures that a StockItem shows, whose
	// turn has come.
	ItemChanges(item *v1.StockItem) uint64
	// ItemShown notes that a version shows the Position taken after changes were
	// counted.
	ItemShown(item *v1.StockItem, changes uint64)
	// ItemMeddled tells whether a status that is not what it should be was
	// changed by somebody else.
	ItemMeddled(item *v1.StockItem, changes uint64) bool
	// StaleItems delivers the StockItems whose figures changed.
	StaleItems() <-chan event.GenericEvent
}

// StockItemReconciler copies the figures of the ledger into the status of the
// StockItems. A change of a spec is shown at once; changed figures come at the
// pace of Stock.StaleItems.
type StockItemReconciler struct {
	// Client reads from the cache and writes to the API server.
	client.Client
	Stock Stock
	Clock clock.PassiveClock
	// Meddled, if set, is told of a StockItem whose status somebody else had
	// changed, as it was and as it is written again.
	Meddled func(ctx context.Context, was v1.StockItemStatus, item *v1.StockItem)
}

// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockitems,verbs=get;list;watch
// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockitems/status,verbs=get;update;patch

// SetupWithManager registers the reconciler.
func (r *StockItemReconciler) SetupWithManager(mgr ctrl.Manager) error {
	unseen := predicate.NewPredicateFuncs(func(object client.Object) bool {
		item, ok := object.(*v1.StockItem)
		return ok && item.Status.ObservedGeneration != item.Generation
	})
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1.StockItem{}, builder.WithPredicates(unseen)).
		WatchesRawSource(source.Channel(r.Stock.StaleItems(), &handler.EnqueueRequestForObject{})).
		WithOptions(options(itemWorkers)).
		Complete(r)
}

// Reconcile writes the status of one StockItem if it is not what it should be.
func (r *StockItemReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var item v1.StockItem
	if err := r.Get(ctx, req.NamespacedName, &item); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	r.Stock.SeeItem(&item)
	changes := r.Stock.ItemChanges(&item)
	position, known, err := r.position(ctx, &item)
	if err != nil || !known {
		return ctrl.Result{}, err
	}
	before := item.Status.DeepCopy()
	showPosition(&item, position, r.Clock.Now())
	if equality.Semantic.DeepEqual(before, &item.Status) {
		r.shown(&item, position, changes)
		return ctrl.Result{}, nil
	}
	meddled := r.Stock.ItemMeddled(&item, changes)
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err = r.Status().Update(ctx, &item)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		// The cache is behind. What it is behind of comes as an event.
		return ctrl.Result{}, nil
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("write the status of stock item %s/%s: %w", item.Namespace, item.Name, err)
	}
	r.Stock.SeeItem(&item)
	r.shown(&item, position, changes)
	if meddled && r.Meddled != nil {
		r.Meddled(ctx, *before, &item)
	}
	return ctrl.Result{}, nil
}

// shown notes what an item shows. A duplicate shows nothing that could move.
func (r *StockItemReconciler) shown(item *v1.StockItem, p ledger.Position, changes uint64) {
	if p.Serving {
		r.Stock.ItemShown(item, changes)
	}
}

// position is where an item stands. What only the holder of the ledger may say
// takes proof that this process is it: that a new spec binds the decisions, also
// those of another process that believes to lead and has not seen it; and that
// less was shipped than is shown, which else means that this process is behind.
func (r *StockItemReconciler) position(ctx context.Context, item *v1.StockItem) (p ledger.Position, known bool, err error) {
	if item.Status.ObservedGeneration == item.Generation {
		p, known = r.Stock.Position(item.Namespace, item.UID)
		if !known || p.Consumed >= item.Status.Consumed {
			return p, known, nil
		}
	}
	if err := r.Stock.Confirm(ctx, item); err != nil {
		return p, false, err
	}
	p, known = r.Stock.Position(item.Namespace, item.UID)
	return p, known, nil
}
