package ledger

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// shelf is everything known under one Key: the StockItems that claim it, the
// units promised from it and those shipped. It exists while it has any.
type shelf struct {
	key Key
	// items are those that claim the key, in order of precedence: the first
	// serves, the others are duplicates.
	items    []*itemRecord
	reserved int64
	// consumed is the number of units taken out of stock for good, ever.
	consumed int64
	// counted is what this shelf has added to the ledger's totals.
	counted Totals
}

// serving is the item that counts, nil if there is none.
func (s *shelf) serving() *Item {
	if len(s.items) == 0 {
		return nil
	}
	return &s.items[0].Item
}

// available is the number of units that may be promised now, measured against
// received units: the declared ones, or those that may be sold already.
func (s *shelf) available(received func(*Item) int64) int64 {
	item := s.serving()
	if item == nil || item.Suspended {
		return 0
	}
	// No term is ever added to another, so nothing can overflow.
	left := received(item) - s.consumed - s.reserved
	return max(0, left-item.SafetyStock)
}

func declared(item *Item) int64 { return item.Declared }
func sellable(item *Item) int64 { return item.Sellable }

// shelf returns the shelf of a key, made if need be.
func (l *Ledger) shelf(key Key) *shelf {
	s, ok := l.shelves[key]
	if !ok {
		s = &shelf{key: key}
		l.shelves[key] = s
		l.products[key.ProductID] = append(l.products[key.ProductID], s)
	}
	return s
}

// recount brings totals, order and the set of changed keys up to date after a
// shelf's items or reserved units changed.
func (l *Ledger) recount(s *shelf) {
	l.changed[s.key] = struct{}{}
	l.totals.add(s.counted, -1)
	s.counted = Totals{Reserved: s.reserved, Consumed: s.consumed}
	if item := s.serving(); item != nil {
		s.counted.Items = 1
		s.counted.OnHand = item.Declared - s.consumed
		s.counted.Available = s.available(declared)
	} else {
		s.counted.WithoutItem = s.reserved
	}
	l.totals.add(s.counted, 1)
	if len(s.items) == 0 && s.reserved == 0 && s.consumed == 0 {
		l.removeShelf(s)
	}
}

func (l *Ledger) removeShelf(s *shelf) {
	delete(l.shelves, s.key)
	rest := slices.DeleteFunc(l.products[s.key.ProductID], func(other *shelf) bool { return other == s })
	if len(rest) == 0 {
		delete(l.products, s.key.ProductID)
		return
	}
	l.products[s.key.ProductID] = rest
}

// arrange puts a product's shelves in the order units are taken: the highest
// priority first, then by the location's name.
func (l *Ledger) arrange(productID string) {
	slices.SortFunc(l.products[productID], func(a, b *shelf) int {
		return cmp.Or(
			cmp.Compare(b.priority(), a.priority()),
			strings.Compare(a.key.LocationID, b.key.LocationID),
		)
	})
}

func (s *shelf) priority() int32 {
	if item := s.serving(); item != nil {
		return item.Priority
	}
	return 0
}

func (t *Totals) add(other Totals, sign int64) {
	t.Items += sign * other.Items
	t.OnHand += sign * other.OnHand
	t.Reserved += sign * other.Reserved
	t.Available += sign * other.Available
	t.Consumed += sign * other.Consumed
	t.WithoutItem += sign * other.WithoutItem
}

// Position is where one StockItem stands.
type Position struct {
	// Serving is false for a duplicate, whose other figures are all 0.
	Serving bool
	// ServingName is the StockItem that serves the key instead of a duplicate.
	ServingName string
	Consumed    int64
	Reserved    int64
	Available   int64
	Shortfall   int64
}

// Position returns where the StockItem with this UID stands, measured against
// its declared units. Units on their way into the stored ledger's fold show as
// reserved until they are there. known is false if there is no such item.
func (l *Ledger) Position(uid types.UID) (p Position, known bool) {
	record, known := l.items[uid]
	if !known {
		return Position{}, false
	}
	s := l.shelves[record.Key]
	if s.items[0] != record {
		return Position{ServingName: s.items[0].Name}, true
	}
	unsaid := l.unsaid(s.key)
	return Position{
		Serving:     true,
		ServingName: record.Name,
		Consumed:    s.consumed - unsaid,
		Reserved:    s.reserved + unsaid,
		Available:   s.available(declared),
		Shortfall:   max(0, s.reserved-(record.Declared-s.consumed)),
	}, true
}

// Level returns how many units of a product can be reserved and how many are,
// over all locations. known is false where nobody stocks or holds the product.
func (l *Ledger) Level(productID string) (available, reserved int64, known bool) {
	for _, s := range l.products[productID] {
		available += s.available(sellable)
		reserved += s.reserved
		known = known || len(s.items) > 0 || s.reserved != 0
	}
	return available, reserved, known
}

// ItemNames returns the names of the StockItems that claim a key, the serving
// one first.
func (l *Ledger) ItemNames(key Key) []string {
	s, ok := l.shelves[key]
	if !ok {
		return nil
	}
	names := make([]string, 0, len(s.items))
	for _, item := range s.items {
		names = append(names, item.Name)
	}
	return names
}
