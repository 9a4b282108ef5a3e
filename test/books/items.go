package books

import (
	"cmp"
	"maps"
	"slices"

	"github.com/acme/inventory-service/internal/stock"
)

// item is a StockItem as the journal states it; nil once it is gone.
type item struct {
	past[*stock.Item]
	home uint64
	// versions are those of the writes that stated it.
	versions []uint64
	// refused are the carts that were refused for want of its units.
	refused past[int64]
}

// place is what is known of a product at a location.
type place struct {
	reserved, consumed int64
	// home is the page on which the total was last stated, 0 where it never was.
	home uint64
	was  past[sums]
}

type sums struct{ reserved, consumed int64 }

func (b *Books) at(key stock.Key) *place {
	p := b.places[key]
	if p == nil {
		p = &place{}
		b.places[key] = p
	}
	return p
}

// Sums are the units that are reserved of a product at a location, and those ever shipped.
func (b *Books) Sums(product, location string) (reserved, consumed int64) {
	p := b.at(stock.Key{Product: stock.ID(product), Location: location})
	return p.reserved, p.consumed
}

func (b *Books) hold(key stock.Key, units int64) {
	p := b.at(key)
	p.reserved += units
	p.was.note(b.At, sums{p.reserved, p.consumed})
}

func (b *Books) ship(key stock.Key, units int64) {
	p := b.at(key)
	p.consumed += units
	p.was.note(b.At, sums{p.reserved, p.consumed})
}

// putItem judges what a StockItem offers.
func (b *Books) putItem(r *stock.ItemRecord) {
	known := b.items[r.UID]
	if known == nil {
		known = &item{}
		b.items[r.UID] = known
	}
	stated := r.Item
	if before := known.last(); before != nil {
		switch {
		case stated.Generation < before.Generation || stated.Version < before.Version,
			stated.Product != before.Product || stated.Location != before.Location || stated.Created != before.Created:
			b.violated("StockItem %s went at %s from %+v to %+v", stated.Name, b.At, *before, stated)
		case stated.Generation == before.Generation && stated.Received != before.Received:
			b.violated("generation %d of StockItem %s received %d, and at %s %d",
				stated.Generation, stated.Name, before.Received, b.At, stated.Received)
		case before.Waits && !stated.Waits && stated.Generation == before.Generation && !stated.TakesOver:
			b.violated("StockItem %s waits no more at %s, and nobody said so", stated.Name, b.At)
		}
	}
	if stated.Sellable > stated.Offered() {
		b.violated("StockItem %s sells %d at %s and received %d", stated.Name, stated.Sellable, b.At, stated.Received)
	}
	if b.judges() && stated.Refused != known.refused.last() {
		b.violated("StockItem %s refused %d carts by %s, and the record says %d", stated.Name, known.refused.last(), b.At, stated.Refused)
	}
	known.refused.note(b.At, stated.Refused)
	known.home = b.At.Page
	known.versions = append(known.versions, b.version)
	known.note(b.At, &stated)
}

// Statement is what the journal said of a StockItem.
type Statement struct {
	stock.Item
	// Version is that of the write.
	Version uint64
	// Raised says that more may be sold than by the statement before.
	Raised bool
}

// Statements are all that was ever stated of StockItems, each item's in order.
func (b *Books) Statements() (all []Statement) {
	for _, i := range b.items {
		var before *stock.Item
		at := 0
		for _, entry := range i.past {
			if entry.was == nil {
				continue // it is gone
			}
			all = append(all, Statement{Item: *entry.was, Version: i.versions[at], Raised: before != nil && entry.was.Sellable > before.Sellable})
			before = entry.was
			at++
		}
	}
	return all
}

func (b *Books) dropItem(r *stock.ItemGone) {
	known := b.items[r.UID]
	if known == nil || known.last() == nil {
		b.violated("StockItem %s is gone at %s, and was never there", r.Name, b.At)
		return
	}
	gone := known.last()
	key := stock.Key{Product: gone.Product, Location: gone.Location}
	served := b.serving(key, b.At) == gone
	known.note(b.At, nil)
	if heir := b.serving(key, b.At); served && heir != nil && b.judges() && !heir.TakesOver && heir.Name != gone.Name {
		b.violated("StockItem %s serves at %s after %s, and nobody said so", heir.Name, b.At, gone.Name)
	}
}

// serving is the StockItem that counts at a place of the journal: the oldest of those that
// do not wait.
func (b *Books) serving(key stock.Key, at Place) *stock.Item {
	var best *stock.Item
	for _, i := range b.items {
		is, ok := i.at(at)
		if !ok || is == nil || is.Product != key.Product || is.Location != key.Location || is.Waits {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(is.Created, best.Created), cmp.Compare(is.UID, best.UID)) < 0 {
			best = is
		}
	}
	return best
}

// sellable is how many units may be promised now.
func (b *Books) sellable(key stock.Key) int64 {
	i := b.serving(key, b.At)
	if i == nil || i.Suspended {
		return 0
	}
	p := b.at(key)
	return max(0, min(i.Sellable, i.Offered())-p.consumed-p.reserved-i.SafetyStock)
}

// left is how many units of a product may be promised now, over all locations.
func (b *Books) left(product stock.ID) (units int64) {
	locations := map[string]bool{}
	for _, i := range b.items {
		if is := i.last(); is != nil && is.Product == product {
			locations[is.Location] = true
		}
	}
	for _, location := range slices.Sorted(maps.Keys(locations)) {
		units += b.sellable(stock.Key{Product: product, Location: location})
	}
	return units
}

// restatedTotal judges a total that compaction says again.
func (b *Books) restatedTotal(t stock.Total) {
	key := stock.Key{Product: t.Product, Location: t.Location}
	p := b.at(key)
	switch {
	case p.home == 0:
		if b.judges() && b.Restore != stock.RestoreBegun {
			b.violated("%d units of %s are restated at %s as shipped, and none ever were", t.Consumed, t.Product, b.At)
		}
		b.ship(key, t.Consumed-p.consumed)
	case p.consumed != t.Consumed:
		b.violated("%d units of %s were shipped from %s, and %s restates %d", p.consumed, t.Product, t.Location, b.At, t.Consumed)
	}
	p.home = b.At.Page
}

// checkHead checks that the head has passed nothing that counts.
func (b *Books) checkHead() {
	for id, c := range b.carts {
		if r := c.last(); c.home < b.Head && !r.Phase.Ended() {
			b.violated("the head is page %d at %s and %s, stated on page %d, is open", b.Head, b.At, id, c.home)
		} else if c.home < b.Head && r.Number > b.Marks.Published {
			b.violated("the head is page %d at %s and the outcome of %s, stated on page %d, is not delivered", b.Head, b.At, id, c.home)
		}
	}
	for _, i := range b.items {
		if is := i.last(); is != nil && i.home < b.Head {
			b.violated("the head is page %d at %s and StockItem %s was stated on page %d", b.Head, b.At, is.Name, i.home)
		}
	}
	for key, p := range b.places {
		if p.home > 0 && p.home < b.Head {
			b.violated("the head is page %d at %s and the total of %v was stated on page %d", b.Head, b.At, key, p.home)
		}
	}
}

// judges tells whether all that counts is known, so that a restatement is no news.
func (b *Books) judges() bool { return b.whole && b.before == nil }

// forgotten tells whether a reservation may be known no more.
func (b *Books) forgotten(c *cart) bool { return c.home < b.Head }
