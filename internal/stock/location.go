package stock

import (
	"cmp"
	"slices"
)

// locationStock is all that is known of a product at a location: the StockItems that
// claim it, the units held there and those shipped. It exists while it has any.
type locationStock struct {
	key Key
	// items are in order of precedence: the first that does not wait serves, the others are
	// duplicates.
	items    []*item
	reserved int64
	// consumed is a total that never goes down, home the page of its last statement.
	consumed int64
	home     *page
}

// serving is the item that counts, nil if there is none.
func (l *locationStock) serving() *item {
	for _, i := range l.items {
		if !i.Waits {
			return i
		}
	}
	return nil
}

// measure is a number of units of an item against which promises are measured.
type measure func(i *item) int64

func offered(i *item) int64  { return i.Offered() }
func sellable(i *item) int64 { return i.Sellable }

// available is the number of units that may be promised now.
func (l *locationStock) available(units measure) int64 {
	i := l.serving()
	if i == nil || i.Suspended {
		return 0
	}
	return max(0, units(i)-l.consumed-l.reserved-i.SafetyStock)
}

// shown is available as people are told it: UntrackedUnits at most where nobody counts.
func (l *locationStock) shown(units measure) int64 {
	available := l.available(units)
	if i := l.serving(); i != nil && i.Untracked {
		return min(available, UntrackedUnits)
	}
	return available
}

func (l *locationStock) priority() int32 {
	if i := l.serving(); i != nil {
		return i.Priority
	}
	return 0
}

// stockOf returns what is known under a key, made if need be.
func (s *State) stockOf(key Key) *locationStock {
	if l, ok := s.stocks[key]; ok {
		return l
	}
	key = Key{Product: s.product(key.Product), Location: common(key.Location)}
	l := &locationStock{key: key}
	put(s, s.stocks, key, l)
	s.arrange(append(slices.Clip(s.products[key.Product]), l))
	return l
}

// arrange puts a product's places in the order in which units are taken: the highest
// priority first, then by the location's name.
func (s *State) arrange(stocks []*locationStock) {
	stocks = slices.Clone(stocks)
	slices.SortFunc(stocks, func(a, b *locationStock) int {
		return cmp.Or(cmp.Compare(b.priority(), a.priority()), cmp.Compare(a.key.Location, b.key.Location))
	})
	put(s, s.products, stocks[0].key.Product, stocks)
}

// tidy forgets a place of which nothing is known.
func (s *State) tidy(l *locationStock) {
	if len(l.items) > 0 || l.reserved != 0 || l.home != nil {
		return
	}
	remove(s, s.stocks, l.key)
	rest := slices.DeleteFunc(slices.Clone(s.products[l.key.Product]), func(other *locationStock) bool { return other == l })
	if len(rest) == 0 {
		remove(s, s.products, l.key.Product)
		return
	}
	put(s, s.products, l.key.Product, rest)
}

// total takes in how many units were ever shipped from a place. Less than was known
// says nothing.
func (s *State) total(p *page, t Total) {
	t.Consumed = clampStock(t.Consumed)
	l := s.stockOf(Key{Product: t.Product, Location: t.Location})
	if l.home != nil && t.Consumed < l.consumed {
		return
	}
	s.unkeepTotal(l)
	save(s, l)
	l.consumed = t.Consumed
	if l.home != p {
		save(s, p)
		p.totals = append(p.totals, l)
		l.home = p
	}
	save(s, p)
	p.keep += totalSize(l)
}

func (s *State) unkeepTotal(l *locationStock) {
	if l.home == nil {
		return
	}
	save(s, l.home)
	l.home.keep -= totalSize(l)
}

// totalSize is about what the record that restates a total takes.
func totalSize(l *locationStock) int64 {
	return int64(len(l.key.Product) + len(l.key.Location) + 16)
}

// dropTotal is for Apply only.
func (s *State) dropTotal(l *locationStock) {
	l.consumed, l.home = 0, nil
	s.tidy(l)
}
