package allocator

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Options are what an Allocator needs.
type Options struct {
	// Client writes to the API server. Its reads are not used.
	Client client.Client
	// Reader reads from the API server, past all caches.
	Reader client.Reader
	// Cache reads what the watches have shown, in the order in which they show it.
	Cache client.Reader
	// Name is the human part of this process's identity, such as the pod's
	// name. A random part is added, so that it need not be unique.
	Name string
	// DefaultHold is how long a Reservation without holdFor holds.
	DefaultHold time.Duration
	Clock       clock.WithTicker
}

// Allocator decides the reservations of all namespaces, each with a ledger of
// its own. It is fed by the See and Gone methods, on every replica; it decides
// only while Start runs.
type Allocator struct {
	Options
	identity string
	stale    *staleItems

	mu sync.Mutex
	// ctx is that of Start, nil while this process does not lead.
	ctx    context.Context
	shards map[string]*shard
	work   sync.WaitGroup
}

// New returns an Allocator that follows and does not lead yet.
func New(o Options) *Allocator {
	a := &Allocator{
		Options:  o,
		identity: fmt.Sprintf("%s_%s", o.Name, uuid.NewString()),
		shards:   map[string]*shard{},
	}
	a.stale = newStaleItems(o.Clock, a.itemNames)
	return a
}

// forgetEvery is far longer than any answer of the API server can be late.
const forgetEvery = 10 * time.Minute

// After is Start once synced says that everything in the caches has been seen
// here, so that catching up after a take-over has little to fetch. It runs on
// the leader only.
func (a *Allocator) After(synced func() bool) manager.Runnable {
	return manager.RunnableFunc(func(ctx context.Context) error {
		err := wait.PollUntilContextCancel(ctx, 5*time.Millisecond, true,
			func(context.Context) (bool, error) { return synced(), nil })
		if err != nil {
			return nil //nolint:nilerr // stopped before it began
		}
		return a.Start(ctx)
	})
}

// Start decides reservations until ctx ends, and returns when every effect
// under way has stopped.
func (a *Allocator) Start(ctx context.Context) error {
	for _, s := range a.lead(ctx) {
		s.dispatch(Elected{})
	}
	a.whileLeading(a.stale.run)

	ticker := a.Clock.NewTicker(forgetEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C():
			for _, s := range a.snapshot() {
				s.dispatch(Aged{})
			}
		case <-ctx.Done():
			for _, s := range a.follow() {
				s.dispatch(Deposed{})
			}
			a.work.Wait()
			return nil
		}
	}
}

// Reserve asks for the decision on a Pending Reservation, and waits for it
// until ctx ends. It may be asked any number of times. The answer is journaled
// and proves that this process held the ledger at some moment after the call;
// it becomes the outcome when the caller has written it over the very version
// of r. A ctx that ends says nothing about what was decided.
func (a *Allocator) Reserve(ctx context.Context, r *v1.Reservation) (Decision, error) {
	hold := a.DefaultHold
	if r.Spec.HoldFor != nil {
		hold = r.Spec.HoldFor.Duration
	}
	decision, err := a.shard(r.Namespace).await(ctx, r.UID, func(call uint64) Event {
		return ReserveCalled{Call: call, UID: r.UID, Name: r.Name, Lines: r.Spec.Items, HoldFor: hold}
	})
	if err != nil {
		return Decision{}, fmt.Errorf("reservation %s/%s waits for a decision: %w", r.Namespace, r.Name, err)
	}
	return decision, nil
}

// Consume asks for units of a Reserved Reservation to be taken out of stock, and
// waits until ctx ends. The answer is journaled: the units are consumed from here
// on, whatever becomes of the Reservation. The caller owes it to write what the
// answer's fold took over the very version of r, and calls again on a conflict.
func (a *Allocator) Consume(ctx context.Context, r *v1.Reservation, takes []v1.Take) (Decision, error) {
	a.SeeReservation(r) // the ledger must not be behind its caller
	decision, err := a.shard(r.Namespace).await(ctx, r.UID, func(call uint64) Event {
		return ConsumeCalled{Call: call, UID: r.UID, Name: r.Name, Takes: takes, FoldID: r.Status.FoldID}
	})
	if err != nil {
		return Decision{}, fmt.Errorf("reservation %s/%s waits to be consumed: %w", r.Namespace, r.Name, err)
	}
	return decision, nil
}

// Confirm waits until this process is proven to have held the ledger at some
// moment after the call: whatever it had seen of the item by then binds every
// decision made since, by whomever, and Position counts every hold decided
// before. It fails if ctx ends.
func (a *Allocator) Confirm(ctx context.Context, item *v1.StockItem) error {
	_, err := a.shard(item.Namespace).await(ctx, item.UID, func(call uint64) Event {
		return ReserveCalled{Call: call, UID: item.UID, Name: item.Name}
	})
	if err != nil {
		return fmt.Errorf("stock item %s/%s waits for the stock ledger: %w", item.Namespace, item.Name, err)
	}
	return nil
}

func (a *Allocator) existing(namespace string) *shard {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.shards[namespace]
}

// shard returns the namespace's shard, made and elected if need be.
func (a *Allocator) shard(namespace string) *shard {
	a.mu.Lock()
	s, ok := a.shards[namespace]
	if !ok {
		s = newShard(a, namespace)
		a.shards[namespace] = s
	}
	elected := !ok && a.ctx != nil
	a.mu.Unlock()
	if elected {
		s.dispatch(Elected{})
	}
	return s
}

func (a *Allocator) snapshot() []*shard {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all()
}

// lead sets the context of effects and returns the shards that have to be told.
func (a *Allocator) lead(ctx context.Context) []*shard {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ctx = ctx
	return a.all()
}

// follow ends the effects and returns the shards that have to be told.
func (a *Allocator) follow() []*shard {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ctx = nil
	return a.all()
}

func (a *Allocator) all() []*shard {
	shards := make([]*shard, 0, len(a.shards))
	for _, s := range a.shards {
		shards = append(shards, s)
	}
	return shards
}

// whileLeading sets work going under the context of Start, which waits for it.
// It does nothing while this process does not lead.
func (a *Allocator) whileLeading(work func(ctx context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ctx := a.ctx; ctx != nil {
		a.work.Go(func() { work(ctx) })
	}
}
