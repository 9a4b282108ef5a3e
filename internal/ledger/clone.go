package ledger

import (
	"maps"

	"k8s.io/apimachinery/pkg/types"
)

// Clone returns an independent copy: no call on one shows in the other. What a
// Ledger never changes in place, such as the allocations of a hold, is shared.
func (l *Ledger) Clone() *Ledger {
	c := &Ledger{
		items:    make(map[types.UID]*itemRecord, len(l.items)),
		shelves:  make(map[Key]*shelf, len(l.shelves)),
		products: make(map[string][]*shelf, len(l.products)),
		// A hold and a tally are replaced as a whole, never changed.
		holds:      maps.Clone(l.holds),
		tallies:    maps.Clone(l.tallies),
		fold:       l.fold.clone(),
		totals:     l.totals,
		gone:       maps.Clone(l.gone),
		goneBefore: maps.Clone(l.goneBefore),
		itemFloor:  l.itemFloor,
		holdFloor:  l.holdFloor,
		changed:    maps.Clone(l.changed),
	}
	for uid, record := range l.items {
		copied := *record
		c.items[uid] = &copied
	}
	for key, s := range l.shelves {
		copied := *s
		copied.items = make([]*itemRecord, len(s.items))
		for i, record := range s.items {
			copied.items[i] = c.items[record.UID]
		}
		c.shelves[key] = &copied
	}
	for product, shelves := range l.products {
		copied := make([]*shelf, len(shelves))
		for i, s := range shelves {
			copied[i] = c.shelves[s.key]
		}
		c.products[product] = copied
	}
	return c
}

// clone copies what Refold, FoldStored and take change.
func (f *fold) clone() *fold {
	if f == nil {
		return nil
	}
	return &fold{id: f.id, units: maps.Clone(f.units), takes: maps.Clone(f.takes), unsaid: maps.Clone(f.unsaid)}
}
