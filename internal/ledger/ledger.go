package ledger

import "k8s.io/apimachinery/pkg/types"

// Key names the units of one product at one location. Holds are accounted by
// Key and never by the name of a StockItem, so that an item can be deleted and
// made again while its units are promised.
type Key struct {
	ProductID  string
	LocationID string
}

// Ledger is the stock and the holds of one namespace. The zero value is not
// usable: call New. It is not safe for concurrent use.
type Ledger struct {
	items   map[types.UID]*itemRecord
	shelves map[Key]*shelf
	// products lists each product's shelves in the order units are taken.
	products map[string][]*shelf
	holds    map[types.UID]*hold
	tallies  map[int32]*tally
	// fold is what is on its way out of stock, nil if nothing is.
	fold   *fold
	totals Totals

	// gone and goneBefore remember what ended, so that older input cannot bring
	// it back. Forget turns them over.
	gone       map[types.UID]struct{}
	goneBefore map[types.UID]struct{}

	// itemFloor and holdFloor are versions up to which everything is known:
	// input at or below them can only be out of date.
	itemFloor uint64
	holdFloor uint64

	changed map[Key]struct{}
}

// Totals are sums over the namespace, in units except for Items.
type Totals struct {
	Items     int64
	OnHand    int64
	Reserved  int64
	Available int64
	// Consumed counts all units ever shipped, WithoutItem the reserved ones
	// whose StockItem is gone.
	Consumed    int64
	WithoutItem int64
}

// New returns an empty Ledger.
func New() *Ledger {
	return &Ledger{
		items:      map[types.UID]*itemRecord{},
		shelves:    map[Key]*shelf{},
		products:   map[string][]*shelf{},
		holds:      map[types.UID]*hold{},
		tallies:    map[int32]*tally{},
		gone:       map[types.UID]struct{}{},
		goneBefore: map[types.UID]struct{}{},
		changed:    map[Key]struct{}{},
	}
}

// Totals returns the namespace's sums.
func (l *Ledger) Totals() Totals { return l.totals }

// TakeChanged returns the keys whose figures changed since the last call.
func (l *Ledger) TakeChanged() []Key {
	keys := make([]Key, 0, len(l.changed))
	for key := range l.changed {
		keys = append(keys, key)
	}
	clear(l.changed)
	return keys
}

// Forget drops what is remembered of objects that ended before the last call.
// Call it at a pace much slower than any answer can be late, such as every ten
// minutes.
func (l *Ledger) Forget() {
	l.goneBefore, l.gone = l.gone, map[types.UID]struct{}{}
}

// bury remembers that an object ended. A UID never comes back, nor does a
// Reservation leave a final phase, so no version needs to be kept.
func (l *Ledger) bury(uid types.UID) { l.gone[uid] = struct{}{} }

// ended tells whether an object is remembered to have ended.
func (l *Ledger) ended(uid types.UID) bool {
	_, now := l.gone[uid]
	_, before := l.goneBefore[uid]
	return now || before
}
