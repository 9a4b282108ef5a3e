package allocator

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// errOpen says that some Reservations changed under the hand and are still
// unfinished.
var errOpen = errors.New("reservations changed meanwhile")

// unfinished is a Reservation that may not show what the journal says of it.
type unfinished struct {
	uid  types.UID
	name string
	// finish changes the status to what the journal says; false if it shows it
	// already.
	finish func(r *v1.Reservation) bool
	// reservation is as it was read, nil if it is gone.
	reservation *v1.Reservation
}

// rollForward finishes what an earlier leader journaled: Reservations that are
// still Pending get their hold, and those of the open fold come to show it.
// Every round reads the Reservations, then the ledger, then writes: a
// Reservation that was touched after somebody rebuilt the ledger is never
// written on behalf of the old one.
func (s *shard) rollForward(ctx context.Context, e RollForward) Event {
	todo := s.journaled(e)
	taken, done := s.persistHeld(ctx, "finish reservations that were in flight", func() error {
		open, err := s.readOpen(ctx, todo)
		if err != nil || len(open) == 0 {
			return err
		}
		if err := s.checkHeld(ctx, e.Claim); err != nil {
			return err
		}
		return s.finish(ctx, open)
	})
	switch {
	case !done:
		return nil
	case taken:
		return TakenOver{Term: e.Term}
	default:
		return RolledForward{Term: e.Term}
	}
}

// journaled lists what there may be to finish.
func (s *shard) journaled(e RollForward) []unfinished {
	var todo []unfinished
	for _, hold := range e.Holds {
		todo = append(todo, unfinished{uid: hold.UID, name: hold.Name, finish: func(r *v1.Reservation) bool {
			return s.finishHold(r, hold)
		}})
	}
	if e.Fold == nil {
		return todo
	}
	for _, folded := range e.Fold.Reservations {
		todo = append(todo, unfinished{uid: folded.UID, name: folded.Name, finish: func(r *v1.Reservation) bool {
			return lifecycle.Consume(r, e.Fold.ID, folded.Takes, folded.Lost, s.Clock.Now())
		}})
	}
	return todo
}

func (s *shard) finishHold(r *v1.Reservation, hold v1.InFlightHold) bool {
	if r.CurrentPhase() != v1.PhasePending {
		return false
	}
	now := s.Clock.Now()
	if action, _ := lifecycle.Due(r, now); action == lifecycle.Release {
		lifecycle.Free(r, now)
	} else {
		lifecycle.Reserve(r, hold)
	}
	return true
}

// readOpen reads the Reservations and returns those that have to be written,
// changed already.
func (s *shard) readOpen(ctx context.Context, todo []unfinished) ([]unfinished, error) {
	found := make([]unfinished, len(todo))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(catchUpRequests)
	for i, u := range todo {
		group.Go(func() error {
			r, err := s.readReservation(ctx, client.ObjectKey{Namespace: s.namespace, Name: u.name}, u.uid)
			if err != nil {
				return fmt.Errorf("read reservation %s: %w", u.name, err)
			}
			if r != nil && u.finish(r) {
				u.reservation = r
			}
			found[i] = u
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var open []unfinished
	for _, u := range found {
		if u.reservation != nil {
			open = append(open, u)
		}
	}
	return open, nil
}

func (s *shard) finish(ctx context.Context, open []unfinished) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(catchUpRequests)
	for _, u := range open {
		group.Go(func() error { return s.finishOne(ctx, u.reservation) })
	}
	return group.Wait()
}

func (s *shard) finishOne(ctx context.Context, r *v1.Reservation) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err := s.Client.Status().Update(ctx, r)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return errOpen
	}
	if err != nil {
		return fmt.Errorf("finish reservation %s: %w", r.Name, err)
	}
	s.dispatch(reservationSeen(r))
	return nil
}
