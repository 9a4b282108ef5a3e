package controllers

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// goneWorkers is how many StockItems are proven gone at a time.
const goneWorkers = 16

// goneItem is a StockItem that seems to be gone: it and no other of its name.
type goneItem struct {
	types.NamespacedName
	UID types.UID
}

func goneItemOf(item *v1.StockItem) goneItem {
	return goneItem{NamespacedName: types.NamespacedName{Namespace: item.Namespace, Name: item.Name}, UID: item.UID}
}

// setupGone registers the reconciler of StockItems that seem to be gone.
func (r *StockItemReconciler) setupGone(mgr ctrl.Manager) error {
	type queue = workqueue.TypedRateLimitingInterface[goneItem]
	deletions := handler.TypedFuncs[*v1.StockItem, goneItem]{
		UpdateFunc: func(_ context.Context, e event.TypedUpdateEvent[*v1.StockItem], q queue) {
			if e.ObjectOld.UID != e.ObjectNew.UID { // it was made again while nobody watched
				q.Add(goneItemOf(e.ObjectOld))
			}
		},
		DeleteFunc: func(_ context.Context, e event.TypedDeleteEvent[*v1.StockItem], q queue) { q.Add(goneItemOf(e.Object)) },
	}
	return builder.TypedControllerManagedBy[goneItem](mgr).Named("stockitem-gone").
		WatchesRawSource(source.TypedKind(mgr.GetCache(), &v1.StockItem{}, deletions)).
		WatchesRawSource(source.TypedFunc[goneItem](r.suspected.start)).
		WithOptions(controller.TypedOptions[goneItem]{
			MaxConcurrentReconciles: goneWorkers, NeedLeaderElection: ptr.To(false),
			NewQueue:    newTurns(func(gone goneItem) string { return gone.Namespace }),
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[goneItem](firstRetry, maxRetry),
		}).
		Complete(reconcile.TypedFunc[goneItem](r.reconcileGone))
}

// reconcileGone has the journal take in that a StockItem is gone, if it knows it and a list
// past the caches proves it.
func (r *StockItemReconciler) reconcileGone(ctx context.Context, gone goneItem) (ctrl.Result, error) {
	runner, ok := leading(r.Namespaces, gone.Namespace)
	if !ok {
		return ctrl.Result{}, nil
	}
	if !r.fed(gone.Namespace, runner) {
		// What was made beside it is taken in before it goes, and does not take over in silence then.
		return ctrl.Result{RequeueAfter: feedPause}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, itemTimeout)
	defer cancel()
	for {
		known := lookAt(runner, gone.UID)
		if !known.has {
			return ctrl.Result{}, nil
		}
		found, version, err := r.readOne(ctx, gone.Namespace, gone.Name)
		if err != nil || found != nil && found.UID == gone.UID {
			return ctrl.Result{}, err
		}
		answer, err := runner.Ask(ctx, stock.DropItem{UID: stock.ID(gone.UID), Version: version, Read: version})
		if err != nil {
			return ctrl.Result{}, fmt.Errorf("take in that stock item %s is gone: %w", gone.NamespacedName, err)
		}
		if answer.Verdict == stock.Done {
			r.urgePlace(runner, gone.Namespace, stock.Key{Product: known.item.Product, Location: known.item.Location})
		}
		switch answer.Verdict {
		case stock.Done, stock.Unknown, stock.Unverified, stock.Outdated: // looked at again
		default:
			return ctrl.Result{}, &verdictError{answer.Verdict}
		}
	}
}

// urgePlace has the StockItems of a place looked at without delay: whether they serve now.
func (r *StockItemReconciler) urgePlace(runner *allocator.Runner, namespace string, key stock.Key) {
	var names []string
	runner.Read(func(s *stock.State, _ *journal.Log) { names = s.ItemNames(key) })
	for _, name := range names {
		r.pace.urge(types.NamespacedName{Namespace: namespace, Name: name})
	}
}

// suspects passes StockItems on that seem to be gone though no event says so.
type suspects struct {
	mu    sync.Mutex
	queue workqueue.TypedRateLimitingInterface[goneItem]
}

func (s *suspects) start(_ context.Context, queue workqueue.TypedRateLimitingInterface[goneItem]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = queue
	return nil
}

func (s *suspects) add(gone goneItem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue != nil {
		s.queue.Add(gone)
	}
}
