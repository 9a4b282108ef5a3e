package ledger

import (
	"cmp"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Snapshot is all that a Ledger knows, as plain values in a fixed order. Two
// Ledgers with equal Snapshots answer every later call alike. Its slices are for
// reading only.
type Snapshot struct {
	Items   []ItemSnapshot
	Shelves []ShelfSnapshot
	Holds   []HoldSnapshot
	Tallies []TallySnapshot
	// Fold is the open fold, nil if there is none; Unsaid are those of its units
	// that are not shown yet.
	Fold   *v1.Fold
	Unsaid []v1.Take
	// Gone and GoneBefore are the objects that ended, by UID.
	Gone       []types.UID
	GoneBefore []types.UID
	// ItemFloor and HoldFloor are versions up to which everything is known.
	ItemFloor uint64
	HoldFloor uint64
}

// ItemSnapshot is a StockItem as it was at Version.
type ItemSnapshot struct {
	Item
	Version uint64
}

// ShelfSnapshot is what is derived for one Key, in units.
type ShelfSnapshot struct {
	Key
	Reserved int64
	Consumed int64
}

// HoldSnapshot is what one Reservation holds. Version is 0 while it is only
// journaled.
type HoldSnapshot struct {
	UID         types.UID
	Version     uint64
	FoldID      int64
	Allocations []v1.Allocation
}

// TallySnapshot is a StockTally as it was at Version.
type TallySnapshot struct {
	Shard    int32
	Version  uint64
	LastFold int64
	Entries  []v1.Take
}

// Snapshot returns all that is known, except for what TakeChanged has not
// taken yet.
func (l *Ledger) Snapshot() Snapshot {
	s := Snapshot{
		Gone: sorted(l.gone), GoneBefore: sorted(l.goneBefore),
		ItemFloor: l.itemFloor, HoldFloor: l.holdFloor,
		Fold: l.foldSnapshot(),
	}
	for _, uid := range sorted(l.items) {
		s.Items = append(s.Items, ItemSnapshot{Item: l.items[uid].Item, Version: l.items[uid].version})
	}
	for _, key := range sortedKeys(l.shelves) {
		shelf := l.shelves[key]
		s.Shelves = append(s.Shelves, ShelfSnapshot{Key: key, Reserved: shelf.reserved, Consumed: shelf.consumed})
	}
	for _, uid := range sorted(l.holds) {
		h := l.holds[uid]
		s.Holds = append(s.Holds, HoldSnapshot{UID: uid, Version: h.version, FoldID: h.foldID, Allocations: h.allocations})
	}
	for _, shard := range sorted(l.tallies) {
		entries, lastFold := l.Tally(shard)
		s.Tallies = append(s.Tallies, TallySnapshot{
			Shard: shard, Version: l.tallies[shard].version, LastFold: lastFold, Entries: entries,
		})
	}
	if l.fold != nil {
		s.Unsaid = takes(l.fold.unsaid)
	}
	return s
}

func (l *Ledger) foldSnapshot() *v1.Fold {
	if l.fold == nil {
		return nil
	}
	f := &v1.Fold{ID: l.fold.id, Units: l.FoldUnits()}
	for _, uid := range sorted(l.fold.takes) {
		f.Reservations = append(f.Reservations, v1.FoldedReservation{UID: uid, Takes: takes(l.fold.takes[uid])})
	}
	return f
}

func takes(units map[Key]int64) []v1.Take {
	list := make([]v1.Take, 0, len(units))
	for _, key := range sortedKeys(units) {
		list = append(list, v1.Take{ProductID: key.ProductID, LocationID: key.LocationID, Quantity: units[key]})
	}
	return list
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func sortedKeys[V any](m map[Key]V) []Key {
	return slices.SortedFunc(maps.Keys(m), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.LocationID, b.LocationID))
	})
}
