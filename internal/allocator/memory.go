package allocator

import "github.com/acme/inventory-service/internal/ledger"

// Memory is what this process knows of a namespace's stock, for an audit.
type Memory struct {
	// Leading says that decisions are made by it. Without it there is nothing to
	// compare.
	Leading bool
	// Term counts the attempts to hold the ledger: memory is learned anew in each.
	Term uint64
	// Figures are the units by key.
	Figures map[ledger.Key]ledger.Figures
	// Moving are the keys whose figures are on their way: holds in flight, and
	// the open fold.
	Moving map[ledger.Key]struct{}
	// Behind are the keys whose StockItem does not show the latest figures yet,
	// and is going to.
	Behind map[ledger.Key]struct{}
	// Writing says that a write of the ledger is under way.
	Writing bool
}

// Memory returns what this process knows of a namespace's stock.
func (a *Allocator) Memory(namespace string) Memory {
	s := a.existing(namespace)
	if s == nil {
		return Memory{}
	}
	waiting := a.stale.waiting(namespace)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := Memory{
		Leading: s.state.Leading(), Term: s.state.term, Writing: s.state.attempt != nil,
		Figures: s.state.Stock().Figures(),
		Moving:  s.state.moving(), Behind: waiting,
	}
	for _, key := range s.shown.behind(a.Clock.Now()) {
		m.Behind[key] = struct{}{}
	}
	return m
}

// moving are the keys of the holds in flight and of the open fold.
func (s *State) moving() map[ledger.Key]struct{} {
	keys := map[ledger.Key]struct{}{}
	for _, e := range s.entries {
		for _, a := range e.hold.Allocations {
			keys[ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}] = struct{}{}
		}
	}
	for _, u := range s.stock.FoldUnits() {
		keys[ledger.Key{ProductID: u.ProductID, LocationID: u.LocationID}] = struct{}{}
	}
	return keys
}

// Audited keeps what an audit found in the StockLedger, along with other changes
// and, where it is news, at the latest within about a second.
func (a *Allocator) Audited(namespace string, found Audited) {
	a.shard(namespace).dispatch(found)
}

// Relearn has this process forget that it holds the ledger and take it over anew,
// which brings all it knows up to date with what is stored. Decisions wait
// meanwhile.
func (a *Allocator) Relearn(namespace string) {
	a.shard(namespace).dispatch(Distrusted{})
}

// waiting are the keys of a namespace that wait for their turn.
func (q *staleItems) waiting(namespace string) map[ledger.Key]struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	keys := map[ledger.Key]struct{}{}
	for k := range q.since {
		if k.namespace == namespace {
			keys[k.Key] = struct{}{}
		}
	}
	return keys
}
