package controllers

import (
	"cmp"
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Expiry ends the holds whose time is over, unless their object asks for something else: a
// consume or a release that was declared in time beats it. An API server that is away delays
// an expiry and never loses it.
type Expiry struct {
	// Reader reads past all caches.
	Reader client.Reader
	// Now is the clock by which the allocator decides.
	Now func() time.Time
	// IDs says in which form order ids are accepted.
	IDs v1.IDs
	// Horizon is how far ahead holds are scheduled, and how often they are looked for. 0 is
	// DefaultHorizon.
	Horizon time.Duration

	changes inbox
}

// expiryPause is how long it takes until what failed is tried again, and at most between two
// looks at the clock.
const expiryPause = time.Second

// expiriesAtOnce is how many holds are asked to end, and objects read, at a time.
const expiriesAtOnce = 256

// Changed takes in what was changed in a namespace. It never waits.
func (e *Expiry) Changed(namespace string, c stock.Changes) { e.changes.put(namespace, c.Reservations) }

// Attend ends the holds of a namespace while this process leads. It returns when ctx ends.
func (e *Expiry) Attend(ctx context.Context, namespace string, runner *allocator.Runner) {
	changes, leave := e.changes.attend(namespace)
	defer leave()
	runner.Terms(ctx, func(ctx context.Context, _ uint64) {
		t := &expiryTerm{Expiry: e, namespace: namespace, runner: runner, box: changes}
		t.run(ctx)
	})
}

// expiryTerm is the work of one term in one namespace.
type expiryTerm struct {
	*Expiry
	namespace string
	runner    *allocator.Runner
	box       *box

	holds schedule
	// sweepAt is when the next sweep is due, open how many holds the last one found.
	sweepAt time.Time
	open    int
}

func (t *expiryTerm) run(ctx context.Context) {
	for ctx.Err() == nil {
		now := t.Now()
		if !now.Before(t.sweepAt) {
			t.sweep(now)
		}
		t.look(t.changes.take(t.box))
		if due := t.due(now); len(due) > 0 {
			t.end(ctx, due)
			continue
		}
		select {
		case <-ctx.Done():
		case <-t.box.filled:
		case <-time.After(t.pause(now)):
		}
	}
}

// pause is how long there is nothing to do. It is short even then: a timer does not see that
// a clock was set forward, or that the machine slept.
func (t *expiryTerm) pause(now time.Time) time.Duration {
	next := t.sweepAt
	if at, ok := t.holds.next(); ok && at.Before(next) {
		next = at
	}
	return min(next.Sub(now), expiryPause)
}

func (t *expiryTerm) horizon() time.Duration { return cmp.Or(t.Horizon, DefaultHorizon) }

// sweep finds every hold that ends before the next one.
func (t *expiryTerm) sweep(now time.Time) {
	t.sweepAt = now.Add(t.horizon())
	t.holds, t.open = schedule{}, 0
	t.runner.Read(func(s *stock.State, _ *journal.Log) {
		for r := range s.Open() {
			t.open++
			t.note(r)
		}
	})
}

// look takes in holds that were changed.
func (t *expiryTerm) look(changed []stock.ID) {
	t.runner.Read(func(s *stock.State, _ *journal.Log) {
		for _, id := range changed {
			if r, ok := s.Reservation(id); ok {
				t.note(r)
			}
		}
	})
}

// note schedules a hold, unless a later sweep will be early enough.
func (t *expiryTerm) note(r *stock.Reservation) {
	if r.Phase.Ended() || r.Expires == 0 {
		return
	}
	if at := time.UnixMicro(int64(r.Expires)); !at.After(t.sweepAt) {
		t.holds.add(at, r.ID)
	}
}

// due returns the holds whose time is over, each once.
func (t *expiryTerm) due(now time.Time) []*stock.Reservation {
	ids := t.holds.take(now)
	if len(ids) == 0 {
		return nil
	}
	var due []*stock.Reservation
	t.runner.Read(func(s *stock.State, _ *journal.Log) {
		for id := range ids {
			r, ok := s.Reservation(id)
			if !ok || r.Phase.Ended() || r.Expires == 0 {
				continue
			}
			if time.UnixMicro(int64(r.Expires)).After(now) {
				t.note(r) // it was extended
				continue
			}
			due = append(due, r)
		}
	})
	return due
}

// end ends holds, after a look at their objects that began after their time.
func (t *expiryTerm) end(ctx context.Context, due []*stock.Reservation) {
	objects, err := t.read(ctx, due)
	if err != nil {
		t.again(ctx, err, due...)
		return
	}
	var group errgroup.Group
	group.SetLimit(expiriesAtOnce)
	failed := make([]error, len(due))
	for i, r := range due {
		group.Go(func() error {
			failed[i] = t.endOne(ctx, r, objects[r.ID])
			return nil
		})
	}
	_ = group.Wait() // nothing fails together
	for i, err := range failed {
		if err != nil {
			t.again(ctx, err, due[i])
		}
	}
}

// again schedules what failed once more.
func (t *expiryTerm) again(ctx context.Context, err error, holds ...*stock.Reservation) {
	if ctx.Err() == nil && !errors.Is(err, errLater) {
		log.FromContext(ctx).Error(err, "holds end later", "namespace", t.namespace, "holds", len(holds))
	}
	at := t.Now().Add(expiryPause)
	for _, r := range holds {
		t.holds.add(at, r.ID)
	}
}

// errLater says that a hold cannot end yet.
var errLater = errors.New("the hold cannot end yet")

// endOne passes on what the object of a hold asks for, and ends what is still held then.
// object is nil where there is none.
func (t *expiryTerm) endOne(ctx context.Context, r *stock.Reservation, object *v1.Reservation) error {
	if object != nil {
		var err error
		if r, err = passOn(ctx, t.runner, object, r, t.IDs); err != nil {
			return err
		}
	}
	if r.Phase.Ended() {
		return nil
	}
	answer, err := ask(ctx, t.runner, stock.Expire{Reservation: r.ID, Expires: r.Expires})
	if err == nil && (answer.Verdict == stock.Outdated || answer.Verdict == stock.Premature) {
		return errLater
	}
	return err
}
