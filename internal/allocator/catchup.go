package allocator

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// catchUpRequests is how many objects are read or touched at a time.
const catchUpRequests = 16

// listTimeout bounds a list of all objects of a kind, and what follows from it.
const listTimeout = 2 * time.Minute

// catchUp brings the view of each kind to at least this moment. A synced cache
// is not enough: it may lag behind what an older leader did before it was
// fenced off.
func (s *shard) catchUp(ctx context.Context, e CatchUp) Event {
	answer := CaughtUp{Term: e.Term}
	taken, done := s.persistHeld(ctx, "catch up with reservations and stock items", func() (err error) {
		if err := s.listTallies(ctx, e); err != nil {
			return err
		}
		if e.Rebuild {
			if err := s.touchOpen(ctx, e.Fence); err != nil {
				return err
			}
			if answer.FoldFloor, answer.Refold, err = s.lostFold(ctx); err != nil {
				return err
			}
		}
		if answer.ItemsVersion, answer.Items, err = s.listItems(ctx); err != nil {
			return err
		}
		answer.HoldsVersion, answer.Holds, err = s.listReserved(ctx)
		return err
	})
	switch {
	case !done:
		return nil
	case taken:
		return TakenOver{Term: e.Term}
	default:
		return answer
	}
}

// listItems sees the StockItems that are newer than known and returns all.
func (s *shard) listItems(ctx context.Context) (uint64, map[types.UID]struct{}, error) {
	return s.list(ctx, "StockItemList",
		func(uid types.UID) uint64 { return s.state.Stock().ItemVersion(uid) },
		func(ctx context.Context, key client.ObjectKey, uid types.UID) error {
			ctx, cancel := context.WithTimeout(ctx, requestTimeout)
			defer cancel()
			var item v1.StockItem
			err := s.Reader.Get(ctx, key, &item)
			if err == nil {
				s.dispatch(itemSeen(&item))
			}
			if apierrors.IsNotFound(err) || err == nil && item.UID != uid {
				s.dispatch(ItemGone{UID: uid})
				return nil
			}
			return err
		})
}

// listReserved sees the Reserved Reservations that are newer than known and
// returns all.
func (s *shard) listReserved(ctx context.Context) (uint64, map[types.UID]struct{}, error) {
	return s.list(ctx, "ReservationList",
		func(uid types.UID) uint64 { return s.state.Stock().HoldVersion(uid) },
		func(ctx context.Context, key client.ObjectKey, uid types.UID) error {
			_, err := s.readReservation(ctx, key, uid)
			return err
		}, client.MatchingFields{"status.phase": string(v1.PhaseReserved)})
}

// list reads the metadata of all objects of a kind, fetches those that are
// newer than known, and returns the UIDs and the version of the whole list.
func (s *shard) list(
	ctx context.Context, kind string,
	known func(types.UID) uint64,
	fetch func(context.Context, client.ObjectKey, types.UID) error,
	options ...client.ListOption,
) (uint64, map[types.UID]struct{}, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
	if err := s.Reader.List(ctx, list, append(options, client.InNamespace(s.namespace))...); err != nil {
		return 0, nil, fmt.Errorf("list %s: %w", kind, err)
	}
	listed := make(map[types.UID]struct{}, len(list.Items))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(catchUpRequests)
	for i := range list.Items {
		object := &list.Items[i]
		listed[object.UID] = struct{}{}
		s.mu.Lock()
		fresh := known(object.UID) >= versionOf(object.ResourceVersion)
		s.mu.Unlock()
		if fresh {
			continue
		}
		group.Go(func() error { return fetch(ctx, client.ObjectKeyFromObject(object), object.UID) })
	}
	return versionOf(list.ResourceVersion), listed, group.Wait()
}

// readReservation reads one Reservation past all caches and sees it. It is nil
// where the one with this UID is gone.
func (s *shard) readReservation(ctx context.Context, key client.ObjectKey, uid types.UID) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var r v1.Reservation
	err := s.Reader.Get(ctx, key, &r)
	if apierrors.IsNotFound(err) || err == nil && r.UID != uid {
		s.dispatch(ReservationSeen{UID: uid, Gone: true})
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.dispatch(reservationSeen(&r))
	return &r, nil
}
