package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

// ReservationReconciler passes on what the specs of Reservations ask for, makes their
// statuses show the journal, makes the objects of carts that came through the bridge, and
// deletes objects some time after nothing can change any more.
type ReservationReconciler struct {
	// Client reads from the cache and writes to the API server.
	client.Client
	// APIReader reads past all caches.
	APIReader  client.Reader
	Namespaces Namespaces
	Queue      *Queue
	// Load is how much commands wait; nil is that they never do.
	Load *allocator.Load
	// Retention is how long an object is kept once nothing is held any more.
	Retention time.Duration
	// Limit is the bound of a journal, in stored bytes: near it objects are kept for less.
	// 0 is none.
	Limit int64
	// IDs are those of products, carts, customers and orders that are taken.
	IDs v1.IDs
	// DefaultHold is how long a Reservation without holdFor holds.
	DefaultHold time.Duration
	// OneHold tells whether a new hold takes the place of an older one of its cart in a
	// namespace, unasked. Nil is never.
	OneHold func(namespace string) bool
	// Now is the clock by which the allocator decides.
	Now func() time.Time
	// Workers is the maximum number of concurrent reconciles. Those that wait for a decision
	// are decided together, so it bounds the carts of objects in a batch.
	Workers int
	// Horizon is how far ahead of its deletion an object is queued. Default: DefaultHorizon.
	Horizon time.Duration
	// Witness is nil where nothing is audited.
	Witness Witness

	taken  takenNames
	writes writes
	// making are the objects of the bridge of which the journal does not know yet.
	making names
	// crowded are the namespaces at the bound of what is shown, each by a key without a name, and
	// surplus the objects that make room there.
	crowded, surplus names
}

// +kubebuilder:rbac:groups=inventory.acme.com,resources=reservations,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=inventory.acme.com,resources=reservations/status,verbs=update

// SetupWithManager registers the reconciler, twice: for objects that somebody made, and for
// those of the bridge.
func (r *ReservationReconciler) SetupWithManager(mgr ctrl.Manager) error {
	err := ctrl.NewControllerManagedBy(mgr).
		For(&v1.Reservation{}, builder.WithPredicates(r.writes.deletions(), r.ours(), predicate.Or(predicate.Not(ofBridge()), byPerson()))).
		WatchesRawSource(source.Func(r.Queue.Reservations)).
		WithOptions(options(r.Workers)).
		Complete(r)
	return errors.Join(err, r.setupViews(mgr))
}

// ours keeps from the queue what happens in namespaces where this process does not lead.
func (r *ReservationReconciler) ours() predicate.Predicate {
	return predicate.NewPredicateFuncs(func(object client.Object) bool {
		_, ok := leading(r.Namespaces, object.GetNamespace())
		return ok
	})
}

func (r *ReservationReconciler) horizon() time.Duration { return cmp.Or(r.Horizon, DefaultHorizon) }

// errStale says that what was read is not what is stored by now, or may not be.
var errStale = errors.New("there is a newer version")

// Reconcile does what is to be done about the Reservation of one name.
func (r *ReservationReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	runner, ok := leading(r.Namespaces, req.Namespace)
	if !ok {
		return ctrl.Result{}, nil
	}
	p := pass{ReservationReconciler: r, runner: runner, key: req.NamespacedName}
	object, err := p.read(ctx, r.Client)
	if err == nil && r.writes.ahead(p.key, storedVersion(object), r.Now()) {
		return ctrl.Result{RequeueAfter: time.Second}, nil // what was written comes as an event, most likely
	}
	for err == nil {
		var result ctrl.Result
		result, err = p.settle(ctx, object)
		if !errors.Is(err, errStale) && !apierrors.IsConflict(err) {
			return result, client.IgnoreNotFound(err)
		}
		// Somebody wrote in between, and the cache may not know yet.
		object, err = p.read(ctx, r.APIReader)
	}
	return ctrl.Result{}, err
}

// pass is one look at the Reservation of one name.
type pass struct {
	*ReservationReconciler
	runner *allocator.Runner
	key    client.ObjectKey
}

// read returns the object, nil if there is none.
func (p pass) read(ctx context.Context, from client.Reader) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var object v1.Reservation
	err := from.Get(ctx, p.key, &object)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil //nolint:nilnil // there is none, and that is no error
	case err != nil:
		return nil, fmt.Errorf("read reservation %s: %w", p.key, err)
	}
	return &object, nil
}

// storedVersion is the version of an object, 0 where there is none.
func storedVersion(object *v1.Reservation) uint64 {
	if object == nil {
		return 0
	}
	return versionOf(object.ResourceVersion)
}

// settle brings the object, nil if there is none, and the journal together.
func (p pass) settle(ctx context.Context, object *v1.Reservation) (ctrl.Result, error) {
	named := p.named()
	for _, known := range named {
		if lost(known, object) {
			if err := p.vanished(ctx, known); err != nil {
				return ctrl.Result{}, err
			}
		}
	}
	p.noteName(named, object)
	if !slices.ContainsFunc(named, unseen) {
		p.making.set(p.key, false)
		p.Queue.demanded.set(p.key, false)
	}
	if object == nil {
		return p.make(ctx, named)
	}
	if known, ok := p.shown(object); ok {
		return p.follow(ctx, object, known)
	}
	if object.Spec.Command != nil {
		return p.adopt(ctx, object)
	}
	return p.decide(ctx, object)
}

// ask waits for an answer of the allocator.
func (p pass) ask(ctx context.Context, request stock.Request) (stock.Answer, error) {
	return ask(ctx, p.runner, request)
}

// prove waits for proof that this process leads.
func (p pass) prove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return prove(ctx, p.runner)
}

func ask(ctx context.Context, runner *allocator.Runner, request stock.Request) (stock.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return runner.Ask(ctx, request)
}
