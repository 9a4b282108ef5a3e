package allocator

import (
	"cmp"
	"context"
	"slices"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// Simulated returns an Allocator for a simulation: its identity is its name, so
// that a seed replays, and it leads when told to. Everything else is as in
// production, but for the pace of staleItems, which a test of its own covers.
func Simulated(o Options) *Allocator {
	a := New(o)
	a.identity = o.Name
	return a
}

// Lead is the beginning of Start.
func (a *Allocator) Lead(ctx context.Context) {
	for _, s := range a.lead(ctx) {
		s.dispatch(Elected{})
	}
}

// Follow is the end of Start, once its ctx has ended.
func (a *Allocator) Follow() {
	for _, s := range a.follow() {
		s.dispatch(Deposed{})
	}
}

// TakeStale returns the names of the StockItems that wait to be shown again.
func (a *Allocator) TakeStale(namespace string) []string {
	q := a.stale
	q.mu.Lock()
	keys := q.queue
	if len(keys) == 0 {
		q.mu.Unlock()
		return nil
	}
	q.queue = nil
	clear(q.since)
	q.mu.Unlock()
	slices.SortFunc(keys, func(x, y staleKey) int {
		return cmp.Or(cmp.Compare(x.ProductID, y.ProductID), cmp.Compare(x.LocationID, y.LocationID))
	})
	var names []string
	for _, key := range keys {
		names = append(names, a.itemNames(namespace, key.Key)...)
	}
	return names
}

// Standing is what an Allocator believes of a namespace.
type Standing struct {
	Leading bool
	// Callers and Waiting count those who wait for a decision, and the
	// decisions that they wait for.
	Callers, Waiting int
	Totals           ledger.Totals
}

// Standing returns what is believed of a namespace.
func (a *Allocator) Standing(namespace string) Standing {
	s := a.shard(namespace)
	s.mu.Lock()
	defer s.mu.Unlock()
	return Standing{
		Leading: s.state.Leading(), Callers: len(s.callers), Waiting: s.state.Waiting(), Totals: s.state.Stock().Totals(),
	}
}

// TallyKnown returns what an Allocator remembers of a StockTally.
func (a *Allocator) TallyKnown(namespace string, shard int32) ([]v1.Take, int64) {
	s := a.shard(namespace)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Stock().Tally(shard)
}
