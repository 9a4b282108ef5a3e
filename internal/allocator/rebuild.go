package allocator

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// touchOpen moves every open Reservation to a new version that carries fence.
// A write that was under way on behalf of the lost ledger then meets a conflict.
func (s *shard) touchOpen(ctx context.Context, fence string) error {
	for _, phase := range []v1.Phase{v1.PhasePending, v1.PhaseReserved} {
		list, err := s.listPhase(ctx, phase)
		if err != nil {
			return err
		}
		if len(list.Items) > 0 {
			s.log.Info("the stock ledger was lost and is rebuilt from the reservations: decisions wait meanwhile",
				"phase", phase, "reservations", len(list.Items))
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(catchUpRequests)
		for i := range list.Items {
			r := &list.Items[i]
			group.Go(func() error { return s.touch(ctx, r, fence) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// listPhase reads the Reservations of one phase, past all caches.
func (s *shard) listPhase(ctx context.Context, phase v1.Phase) (*v1.ReservationList, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var list v1.ReservationList
	err := s.Reader.List(ctx, &list, client.InNamespace(s.namespace),
		client.MatchingFields{"status.phase": string(phase)})
	if err != nil {
		return nil, fmt.Errorf("list %s reservations: %w", phase, err)
	}
	return &list, nil
}

func (s *shard) touch(ctx context.Context, r *v1.Reservation, fence string) error {
	uid := r.UID
	for !r.CurrentPhase().Final() && r.Status.Fence != fence {
		r.Status.Fence = fence
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		err := s.Client.Status().Update(ctx, r)
		cancel()
		if err == nil {
			s.dispatch(reservationSeen(r))
			return nil
		}
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return fmt.Errorf("touch reservation %s: %w", r.Name, err)
		}
		if r, err = s.readReservation(ctx, client.ObjectKeyFromObject(r), uid); err != nil || r == nil {
			return err
		}
	}
	return nil
}

// lostFold finds out what a lost ledger knew of folds: the highest number that
// any Reservation shows, and the units of its last fold that some Reservation
// shows and no tally counts.
func (s *shard) lostFold(ctx context.Context) (floor int64, lost map[types.UID][]v1.Take, err error) {
	lost = map[types.UID][]v1.Take{}
	for _, phase := range []v1.Phase{v1.PhaseReserved, v1.PhaseConsumed} {
		list, err := s.listPhase(ctx, phase)
		if err != nil {
			return 0, nil, err
		}
		for i := range list.Items {
			floor = max(floor, list.Items[i].Status.FoldID)
			if takes := s.untallied(&list.Items[i]); len(takes) > 0 {
				lost[list.Items[i].UID] = takes
			}
		}
	}
	return floor, lost, nil
}

// untallied are the units that the last fold took of a Reservation and that no
// tally counts.
func (s *shard) untallied(r *v1.Reservation) []v1.Take {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lost []v1.Take
	for _, a := range r.Status.Allocations {
		key := ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}
		if a.LastConsumed > 0 && !s.state.Stock().FoldSeen(key, r.Status.FoldID) {
			lost = append(lost, v1.Take{ProductID: a.ProductID, LocationID: a.LocationID, Quantity: a.LastConsumed})
		}
	}
	return lost
}
