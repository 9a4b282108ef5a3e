package allocator

import (
	"context"
	"fmt"
	"slices"
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
		// Neither says anything of the other.
		kinds, ctx := errgroup.WithContext(ctx)
		kinds.Go(func() (err error) {
			answer.ItemsVersion, answer.Items, err = s.all(ctx, s.wantedItems())
			return err
		})
		kinds.Go(func() (err error) {
			answer.HoldsVersion, answer.Holds, err = s.all(ctx, s.wantedHolds())
			return err
		})
		return kinds.Wait()
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

// wanted is a kind of objects that catching up has to know all of.
type wanted struct {
	// kind and options make a list of them, past all caches.
	kind    string
	options []client.ListOption
	// known is the version at which one is known, 0 if it is not.
	known func(types.UID) uint64
	// fetch reads one past all caches, and sees it.
	fetch func(context.Context, client.ObjectKey, types.UID) error
	// shown are those that the watch has shown, and seen is the event that tells of one.
	shown func(ctx context.Context) ([]client.Object, error)
	seen  func(o client.Object) Event
	// marked reads one past all caches and writes a mark into its status.
	marked func(ctx context.Context, key client.ObjectKey, mark string) (client.Object, error)
}

func (s *shard) wantedItems() wanted {
	return wanted{
		kind:  "StockItemList",
		known: func(uid types.UID) uint64 { return s.state.Stock().ItemVersion(uid) },
		fetch: s.readItem,
		shown: func(ctx context.Context) ([]client.Object, error) {
			var list v1.StockItemList
			err := s.Cache.List(ctx, &list, client.InNamespace(s.namespace), client.UnsafeDisableDeepCopy)
			shown := make([]client.Object, len(list.Items))
			for i := range list.Items {
				shown[i] = &list.Items[i]
			}
			return shown, err
		},
		seen: func(o client.Object) Event { return itemSeen(o.(*v1.StockItem)) },
		marked: func(ctx context.Context, key client.ObjectKey, mark string) (client.Object, error) {
			var item v1.StockItem
			return &item, s.mark(ctx, key, &item, func() { item.Status.Mark = mark })
		},
	}
}

func (s *shard) wantedHolds() wanted {
	return wanted{
		kind:    "ReservationList",
		options: []client.ListOption{client.MatchingFields{"status.phase": string(v1.PhaseReserved)}},
		known:   func(uid types.UID) uint64 { return s.state.Stock().HoldVersion(uid) },
		fetch: func(ctx context.Context, key client.ObjectKey, uid types.UID) error {
			_, err := s.readReservation(ctx, key, uid)
			return err
		},
		shown: func(ctx context.Context) ([]client.Object, error) {
			var list v1.ReservationList
			err := s.Cache.List(ctx, &list, client.InNamespace(s.namespace), client.UnsafeDisableDeepCopy)
			shown := make([]client.Object, 0, len(list.Items))
			for i := range list.Items {
				if r := &list.Items[i]; r.CurrentPhase() == v1.PhaseReserved {
					shown = append(shown, r)
				}
			}
			return shown, err
		},
		seen: func(o client.Object) Event { return reservationCached(o.(*v1.Reservation)) },
		marked: func(ctx context.Context, key client.ObjectKey, mark string) (client.Object, error) {
			var r v1.Reservation
			return &r, s.mark(ctx, key, &r, func() { r.Status.Mark = mark })
		},
	}
}

// all sees the wanted objects that are newer than known, and returns the UIDs of all
// and the version at which they were all. It learns them from the watch, at a cost
// that does not grow with their number, and by a list where the watch is late.
func (s *shard) all(ctx context.Context, w wanted) (uint64, map[types.UID]struct{}, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	first, err := s.list(ctx, w, client.Limit(1))
	if err != nil {
		return 0, nil, err
	}
	version := versionOf(first.ResourceVersion)
	if len(first.Items) == 0 {
		return version, nil, nil
	}
	upToDate, err := s.watchCaughtUp(ctx, w, client.ObjectKeyFromObject(&first.Items[0]), version)
	if err != nil {
		return 0, nil, err
	}
	if upToDate {
		uids, err := s.seeShown(ctx, w)
		return version, uids, err
	}
	s.log.Info("the watch is late: catching up by a list", "kind", w.kind)
	list, err := s.list(ctx, w)
	if err != nil {
		return 0, nil, err
	}
	uids, err := s.fetchNewer(ctx, w, list.Items)
	return versionOf(list.ResourceVersion), uids, err
}

// list reads the metadata of wanted objects past all caches.
func (s *shard) list(ctx context.Context, w wanted, options ...client.ListOption) (*metav1.PartialObjectMetadataList, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1.GroupVersion.WithKind(w.kind))
	options = slices.Concat(options, w.options, []client.ListOption{client.InNamespace(s.namespace)})
	if err := s.Reader.List(ctx, list, options...); err != nil {
		return nil, fmt.Errorf("list %s: %w", w.kind, err)
	}
	return list, nil
}

// fetchNewer sees those of a whole list that are newer than known.
func (s *shard) fetchNewer(ctx context.Context, w wanted, all []metav1.PartialObjectMetadata) (map[types.UID]struct{}, error) {
	uids := make(map[types.UID]struct{}, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(catchUpRequests)
	for i := range all {
		object := &all[i]
		uids[object.UID] = struct{}{}
		if s.newer(w, object) {
			group.Go(func() error { return w.fetch(ctx, client.ObjectKeyFromObject(object), object.UID) })
		}
	}
	return uids, group.Wait()
}

func (s *shard) newer(w wanted, o client.Object) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return w.known(o.GetUID()) < versionOf(o.GetResourceVersion())
}

// readItem reads one StockItem past all caches and sees it.
func (s *shard) readItem(ctx context.Context, key client.ObjectKey, uid types.UID) error {
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
