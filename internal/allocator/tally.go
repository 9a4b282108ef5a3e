package allocator

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// tallyFold adds the units of a fold to the StockTallies, each with one
// compare-and-swap that also says that the fold is counted. One that says so
// already is left alone.
func (s *shard) tallyFold(ctx context.Context, e TallyFold) Event {
	taken, done := s.persistHeld(ctx, "count consumed units", func() error {
		group, ctx := errgroup.WithContext(ctx)
		for shard, units := range byShard(e.Units) {
			group.Go(func() error { return s.tallyShard(ctx, e, shard, units) })
		}
		return group.Wait()
	})
	switch {
	case !done:
		return nil
	case taken:
		return TakenOver{Term: e.Term}
	default:
		return Tallied{Term: e.Term}
	}
}

// tallyShard counts a fold in one tally.
func (s *shard) tallyShard(ctx context.Context, e TallyFold, shard int32, units []v1.FoldUnits) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	t, err := s.readTally(ctx, shard)
	if err != nil {
		return fmt.Errorf("read stock tally %s: %w", v1.TallyName(shard), err)
	}
	if t.Status.LastFold >= e.ID {
		return nil
	}
	addUnits(&t.Status, units)
	t.Status.LastFold = e.ID
	return s.writeTally(ctx, t, e.Claim)
}

// writeTally writes a tally over the version that was read before the ledger is: a
// tally that was touched after somebody rebuilt the ledger, or that belongs to a
// later leader, is never written on behalf of the old one.
func (s *shard) writeTally(ctx context.Context, t *v1.StockTally, claim Claim) error {
	if err := s.checkHeld(ctx, claim); err != nil {
		return err
	}
	if err := s.Client.Status().Update(ctx, t); err != nil {
		return fmt.Errorf("write stock tally %s: %w", t.Name, err)
	}
	s.seeTally(t)
	return nil
}

func addUnits(status *v1.StockTallyStatus, units []v1.FoldUnits) {
	type key struct{ product, location string }
	at := make(map[key]int, len(status.Entries))
	for i, e := range status.Entries {
		at[key{e.ProductID, e.LocationID}] = i
	}
	for _, u := range units {
		status.Consumed += u.Quantity
		if i, known := at[key{u.ProductID, u.LocationID}]; known {
			status.Entries[i].Quantity += u.Quantity
			continue
		}
		status.Entries = append(status.Entries, v1.Take{
			ProductID: u.ProductID, LocationID: u.LocationID, Quantity: u.Quantity,
		})
	}
	status.Keys = int64(len(status.Entries))
}

// readTally reads a StockTally past all caches and sees it. A missing one is
// made. Where somebody deleted it, it comes back with what is remembered of it.
func (s *shard) readTally(ctx context.Context, shard int32) (*v1.StockTally, error) {
	t := &v1.StockTally{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: v1.TallyName(shard)}}
	err := s.Reader.Get(ctx, client.ObjectKeyFromObject(t), t)
	if apierrors.IsNotFound(err) {
		err = s.Client.Create(ctx, t)
	}
	if err != nil {
		return nil, err
	}
	s.seeTally(t)
	s.mu.Lock()
	entries, lastFold := s.state.Stock().Tally(shard)
	s.mu.Unlock()
	if lastFold > t.Status.LastFold {
		t.Status = v1.StockTallyStatus{LastFold: lastFold, Entries: entries, Keys: int64(len(entries))}
		for _, e := range entries {
			t.Status.Consumed += e.Quantity
		}
	}
	return t, nil
}

func (s *shard) seeTally(t *v1.StockTally) {
	if seen, ok := tallySeen(t); ok {
		s.dispatch(seen)
	}
}

// listTallies sees every StockTally. For a rebuild, each is first moved to a new
// version that carries the fence.
func (s *shard) listTallies(ctx context.Context, e CatchUp) error {
	var list v1.StockTallyList
	if err := s.Reader.List(ctx, &list, client.InNamespace(s.namespace)); err != nil {
		return fmt.Errorf("list stock tallies: %w", err)
	}
	for i := range list.Items {
		t := &list.Items[i]
		if e.Rebuild && t.Status.Fence != e.Fence {
			t.Status.Fence = e.Fence
			if err := s.Client.Status().Update(ctx, t); err != nil {
				return fmt.Errorf("touch stock tally %s: %w", t.Name, err)
			}
		}
		s.seeTally(t)
	}
	return s.restoreTallies(ctx, e.Claim, list.Items)
}

// restoreTallies makes those tallies again that are remembered to count more than
// what is listed: somebody deleted them, and what was shipped must not be sold.
func (s *shard) restoreTallies(ctx context.Context, claim Claim, listed []v1.StockTally) error {
	lastFolds := map[string]int64{}
	for i := range listed {
		lastFolds[listed[i].Name] = listed[i].Status.LastFold
	}
	for shard := range int32(v1.MaxTallies) {
		s.mu.Lock()
		_, remembered := s.state.Stock().Tally(shard)
		s.mu.Unlock()
		if remembered <= lastFolds[v1.TallyName(shard)] {
			continue
		}
		t, err := s.readTally(ctx, shard)
		if err == nil {
			err = s.writeTally(ctx, t, claim)
		}
		if err != nil {
			return fmt.Errorf("make stock tally %s again: %w", v1.TallyName(shard), err)
		}
		s.log.Info("a stock tally that somebody deleted was made again", "tally", t.Name, "units", t.Status.Consumed)
	}
	return nil
}
