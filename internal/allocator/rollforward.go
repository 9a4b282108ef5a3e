package allocator

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// errOpen says that some Reservations changed under the hand and are still
// undecided.
var errOpen = errors.New("reservations changed meanwhile")

// rollForward finishes the holds that an earlier leader journaled: where the
// Reservation is still Pending, it becomes what the journal says. Every round
// reads the Reservations, then the ledger, then writes: a Reservation that was
// touched after somebody rebuilt the ledger is never written on behalf of the
// old one.
func (s *shard) rollForward(ctx context.Context, e RollForward) Event {
	var answer Event
	if !s.persist(ctx, "finish reservations that were in flight", func() error {
		pending, err := s.pendingOf(ctx, e.Holds)
		if err != nil {
			return err
		}
		if len(pending) == 0 {
			answer = RolledForward{Term: e.Term}
			return nil
		}
		stored, err := s.storedLedger(ctx)
		if err != nil {
			return err
		}
		if stored == nil || !e.Claim.Shown(stored.UID, &stored.Status) {
			answer = TakenOver{Term: e.Term}
			return nil
		}
		if err := s.finish(ctx, pending); err != nil {
			return err
		}
		answer = RolledForward{Term: e.Term}
		return nil
	}) {
		return nil
	}
	return answer
}

// unfinished is a journaled hold and its Reservation, still Pending.
type unfinished struct {
	hold        v1.InFlightHold
	reservation *v1.Reservation
}

func (s *shard) pendingOf(ctx context.Context, holds []v1.InFlightHold) ([]unfinished, error) {
	found := make([]unfinished, len(holds))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(catchUpRequests)
	for i, hold := range holds {
		group.Go(func() error {
			key := client.ObjectKey{Namespace: s.namespace, Name: hold.Name}
			r, err := s.readReservation(ctx, key, hold.UID)
			if err != nil {
				return fmt.Errorf("read reservation %s: %w", hold.Name, err)
			}
			found[i] = unfinished{hold: hold, reservation: r}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var pending []unfinished
	for _, u := range found {
		if u.reservation != nil && u.reservation.CurrentPhase() == v1.PhasePending {
			pending = append(pending, u)
		}
	}
	return pending, nil
}

func (s *shard) finish(ctx context.Context, pending []unfinished) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(catchUpRequests)
	for _, u := range pending {
		group.Go(func() error { return s.finishOne(ctx, u) })
	}
	return group.Wait()
}

func (s *shard) finishOne(ctx context.Context, u unfinished) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r := u.reservation
	now := s.Clock.Now()
	if action, _ := lifecycle.Due(r, now); action == lifecycle.Release {
		lifecycle.Free(r, now)
	} else {
		lifecycle.Reserve(r, u.hold)
	}
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
