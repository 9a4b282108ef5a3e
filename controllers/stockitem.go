package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// itemWorkers is how many StockItems are taken in and written at a time. All that wait to
// be taken in share an append: with few workers thousands of new items would cost many.
const itemWorkers = 32

// itemTimeout bounds what one Reconcile waits for: an answer of the journal, or a write.
const itemTimeout = 5 * time.Second

// StockItemReconciler takes StockItems into the journal and makes their statuses show what
// the journal says, where this process leads.
//
// A spec counts once the journal has it. A status shows the generation that the journal
// has and no other; what a raise adds is sold once the status shows it. Attend takes in all
// StockItems at the beginning of each term.
type StockItemReconciler struct {
	// Client reads from the cache and writes to the API server.
	client.Client
	// APIReader reads past all caches.
	APIReader  client.Reader
	Namespaces Namespaces
	Now        func() time.Time
	// IDs are those of products that are taken.
	IDs v1.IDs
	// Witness is nil where nothing is audited.
	Witness Witness

	events    events.EventRecorder
	store     itemStore
	pace      itemPace
	suspected suspects
	// feeds are the namespaces whose StockItems are read in this term, with how that goes.
	feeds sync.Map
}

// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockitems,verbs=get;list;watch
// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockitems/status,verbs=update

// SetupWithManager registers the reconciler, and the one that proves StockItems gone.
func (r *StockItemReconciler) SetupWithManager(mgr ctrl.Manager) error {
	if err := r.follow(context.Background(), mgr.GetCache()); err != nil {
		return err
	}
	r.events = mgr.GetEventRecorder(eventsBy)
	return errors.Join(
		ctrl.NewControllerManagedBy(mgr).
			For(&v1.StockItem{}).
			WatchesRawSource(source.Func(r.releases)).
			WithOptions(options(itemWorkers)).
			Complete(r),
		r.setupGone(mgr),
	)
}

// Stale has an item looked at again whose status does not show what it should.
func (r *StockItemReconciler) Stale(item *v1.StockItem) {
	r.pace.urge(client.ObjectKeyFromObject(item))
}

// Waits tells whether any item's figures wait to be shown.
func (r *StockItemReconciler) Waits() bool { return r.pace.waits() }

// Changed takes note of what the journal changed. It does not block.
func (r *StockItemReconciler) Changed(namespace string, c stock.Changes) {
	r.pace.changed(namespace, c, time.Now())
}

// Reconcile takes one StockItem in if the journal does not have what it says, and writes
// its status if that is not what it should be.
func (r *StockItemReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	runner, ok := leading(r.Namespaces, req.Namespace)
	if !ok {
		return ctrl.Result{}, nil // whoever begins to lead looks at every item
	}
	ctx, cancel := context.WithTimeout(ctx, itemTimeout)
	defer cancel()
	read := r.store.version() // before the item is read: the store is there at least
	item := &v1.StockItem{}
	if err := r.Get(ctx, req.NamespacedName, item); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if known := lookAt(runner, item.UID); known.lacks(item) {
		if err := r.takeIn(ctx, runner, item, read); err != nil {
			return ctrl.Result{}, fmt.Errorf("take in stock item %s: %w", req.NamespacedName, err)
		}
	}
	known := lookAt(runner, item.UID)
	if !known.counts(item) {
		return ctrl.Result{}, nil // the cache is behind, and what it is behind of comes as an event
	}
	if err := r.show(ctx, runner, item, known); !errors.Is(err, errBehind) {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, nil
}

// knownItem is what the journal says of a StockItem, as of a position.
type knownItem struct {
	has      bool
	item     stock.Item
	position stock.ItemFigures
	at       allocator.Position
}

// lookAt reads what the journal says of a StockItem.
func lookAt(runner *allocator.Runner, uid types.UID) (k knownItem) {
	runner.Read(func(s *stock.State, l *journal.Log) {
		k = readItem(s, uid)
		k.at = allocator.PositionOf(l)
	})
	return k
}

func readItem(s *stock.State, uid types.UID) (k knownItem) {
	k.item, k.has = s.Item(stock.ID(uid))
	k.position, _ = s.Figures(stock.ID(uid))
	return k
}

// lacks tells whether the journal does not have what an item says, as far as this version of
// it tells. An earlier version of the operator has taken in what it knew of a generation.
func (k *knownItem) lacks(item *v1.StockItem) bool {
	return !k.has || k.item.Generation < item.Generation || k.item.TakesOver != takesOver(item) ||
		k.item.Generation == item.Generation && k.item.Untracked != untracked(item)
}

// counts tells whether what is known is about the generation that a version of the item
// has. An item that was made again under its name is not shown as its own duplicate.
func (k *knownItem) counts(item *v1.StockItem) bool {
	return k.has && k.item.Generation == item.Generation && (k.position.Serving || k.position.ServingName != item.Name)
}

// raised tells whether the item serves and declares units that are not sold before its
// status shows them.
func (k *knownItem) raised() bool { return k.position.Serving && k.item.Sellable < k.item.Offered() }

// turned tells whether a status shows that the item serves, and it does not, or the other
// way round.
func (k *knownItem) turned(s *v1.StockItemStatus) bool {
	return k.position.Serving == meta.IsStatusConditionTrue(s.Conditions, v1.ConditionStalled)
}

// status is what an item's status should be, but for the position, and whether it is that.
func (k *knownItem) status(item *v1.StockItem, ids v1.IDs, now time.Time) (status v1.StockItemStatus, same bool) {
	shown := *item
	shown.Status.Conditions = slices.Clone(item.Status.Conditions)
	view.ShowItem(&shown, k.position, ids, now)
	return shown.Status, equality.Semantic.DeepEqual(item.Status, shown.Status)
}

// show writes the status of an item if it is not what it should be, and lets be sold what
// it shows.
func (r *StockItemReconciler) show(ctx context.Context, runner *allocator.Runner, item *v1.StockItem, known knownItem) error {
	key := itemKey{item.Namespace, stock.ID(item.UID)}
	turn := r.pace.take(key)
	status, same := known.status(item, r.IDs, r.Now())
	// Carts may wait until a spec is shown, or who serves.
	unseen := item.Status.ObservedGeneration != item.Generation || known.turned(&item.Status)
	if !same && !unseen && !turn {
		r.pace.mark(key, time.Now())
		return nil
	}
	if !same && !covers(known.at, item.Status.Position) {
		if err := prove(ctx, runner); err != nil {
			return fmt.Errorf("stock item %s/%s shows a later position than this process knows: %w", item.Namespace, item.Name, err)
		}
		if known = lookAt(runner, item.UID); !known.counts(item) {
			return nil
		}
		status, same = known.status(item, r.IDs, r.Now())
	}
	if !same {
		status.Position = known.at.String()
		if err := r.write(ctx, item, status); err != nil {
			return err
		}
		record(r.events, item, itemEvents(item, &status)...)
	}
	sell(runner, known)
	return nil
}

// errBehind says that the cache is behind. What it is behind of comes as an event.
var errBehind = errors.New("the cache is behind")

// write writes a status over the version that was read.
func (r *StockItemReconciler) write(ctx context.Context, item *v1.StockItem, status v1.StockItemStatus) error {
	want := item.DeepCopy()
	want.Status = status
	if r.Witness != nil {
		r.Witness.Modified(ctx, item, want)
		r.Witness.Vouch(want)
	}
	err := r.Status().Update(ctx, want)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return errBehind
	}
	if err != nil {
		return fmt.Errorf("write the status of stock item %s/%s: %w", item.Namespace, item.Name, err)
	}
	return nil
}

// sell lets be sold what a status was seen to show.
func sell(runner *allocator.Runner, known knownItem) {
	if known.raised() {
		runner.Tell(stock.ShowItem{UID: known.item.UID, Generation: known.item.Generation})
	}
}
