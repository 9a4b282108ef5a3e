package allocator

import (
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// simRetention is how long the simulated operator keeps what is complete.
const simRetention = 40 * time.Second

// errDropped says that a caller's context ended before the decision came.
var errDropped = errors.New("context ended")

// reconcileReservation is controllers.ReservationReconciler.Reconcile.
func (p *process) reconcileReservation(t *task, name string) (time.Duration, error) {
	cached, ok := p.reservations[name]
	if !ok {
		return 0, nil
	}
	r := cached.DeepCopy()
	for {
		again, err := p.advance(t, r)
		switch {
		case errors.Is(err, errNotFound):
			return 0, nil
		case !errors.Is(err, errConflict):
			return again, err
		}
		r, err = call(t, func() (*v1.Reservation, error) { return p.w.store.readReservation(name) })
		if errors.Is(err, errNotFound) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		p.dispatch(reservationSeen(r))
	}
}

func (p *process) advance(t *task, r *v1.Reservation) (time.Duration, error) {
	switch action, after := lifecycle.Due(r, p.w.now); action {
	case lifecycle.Decide:
		return 0, p.decide(t, r)
	case lifecycle.Ship:
		return 0, p.ship(t, r)
	case lifecycle.GiveBack:
		lifecycle.Give(r, p.w.now)
		return 0, p.write(t, r)
	case lifecycle.Release, lifecycle.Expire:
		lifecycle.Free(r, p.w.now)
		return 0, p.write(t, r)
	case lifecycle.Await:
		return after, nil
	default:
		return p.retain(t, r)
	}
}

func (p *process) decide(t *task, r *v1.Reservation) error {
	decision, err := p.decided(t, r.UID, func(call uint64) Event {
		return ReserveCalled{Call: call, UID: r.UID, Name: r.Name, Lines: r.Spec.Items, HoldFor: r.Spec.HoldFor.Duration}
	})
	if err != nil {
		return err
	}
	switch {
	case decision.Superseded:
		return nil
	case decision.Hold != nil:
		lifecycle.Reserve(r, *decision.Hold)
	default:
		lifecycle.Refuse(r, decision.At, decision.Short)
	}
	return p.write(t, r)
}

// decided is shard.await, with a context that may end early.
func (p *process) decided(t *task, uid types.UID, ask func(call uint64) Event) (Decision, error) {
	type answer struct {
		decision Decision
		err      error
	}
	p.calls++
	call := p.calls
	got := await(t, func(reply func(answer)) {
		p.callers[call] = func(d Decision) { reply(answer{decision: d}) }
		p.dispatch(ask(call))
		if p.w.chance(0.05) {
			p.life.later(p.w.upTo(time.Second), func() {
				if p.callers[call] != nil {
					delete(p.callers, call)
					p.dispatch(CallDropped{Call: call, UID: uid})
					reply(answer{err: errDropped})
				}
			})
		}
	})
	return got.decision, got.err
}

func (p *process) write(t *task, r *v1.Reservation) error {
	p.w.logf("%s sends %s: %s over version %s", p.name, r.Name, r.Status.Phase, r.ResourceVersion)
	given := r.DeepCopy()
	written, err := call(t, func() (*v1.Reservation, error) { return p.w.store.updateReservationStatus(given) })
	if err != nil {
		return err
	}
	p.dispatch(reservationSeen(written))
	return nil
}

func (p *process) retain(t *task, r *v1.Reservation) (time.Duration, error) {
	var completeAt time.Time
	for _, c := range r.Status.Conditions {
		if c.Type == v1.ConditionComplete {
			completeAt = c.LastTransitionTime.Time
		}
	}
	if completeAt.IsZero() {
		return 0, nil
	}
	if left := completeAt.Add(simRetention).Sub(p.w.now); left > 0 {
		return left, nil
	}
	_, err := call(t, func() (done, error) {
		return done{}, p.w.store.deleteReservation(r.Name, r.ResourceVersion)
	})
	return 0, err
}

// reconcileItem is controllers.StockItemReconciler.Reconcile; the conditions
// are left out.
func (p *process) reconcileItem(t *task, name string) (time.Duration, error) {
	cached, ok := p.items[name]
	if !ok {
		return 0, nil
	}
	item := cached.DeepCopy()
	p.dispatch(itemSeen(item))
	if item.Status.ObservedGeneration != item.Generation {
		_, err := p.decided(t, item.UID, func(call uint64) Event {
			return ReserveCalled{Call: call, UID: item.UID, Name: item.Name}
		})
		if err != nil {
			return 0, err
		}
	}
	position, known := p.state.Stock().Position(item.UID)
	if !known {
		return 0, nil
	}
	before := item.DeepCopy()
	s := &item.Status
	s.ObservedGeneration = item.Generation
	s.OnHand, s.Consumed = 0, position.Consumed
	s.Reserved, s.Available, s.Shortfall = position.Reserved, position.Available, position.Shortfall
	if position.Serving {
		s.OnHand = item.Spec.Received - s.Consumed
	}
	if s.ObservedGeneration == before.Status.ObservedGeneration && s.OnHand == before.Status.OnHand &&
		s.Reserved == before.Status.Reserved && s.Available == before.Status.Available && s.Consumed == before.Status.Consumed {
		return 0, nil
	}
	p.w.logf("%s shows %s generation %d reserved %d", p.name, name, s.ObservedGeneration, s.Reserved)
	written, err := call(t, func() (*v1.StockItem, error) { return p.w.store.updateItemStatus(item) })
	if errors.Is(err, errConflict) || errors.Is(err, errNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	p.dispatch(itemSeen(written))
	return 0, nil
}
