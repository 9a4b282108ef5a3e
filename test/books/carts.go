package books

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/acme/inventory-service/internal/stock"
)

// cart is a reservation and what it was before.
type cart struct {
	past[*stock.Reservation]
	// home is the page on which it was last stated as a whole.
	home uint64
}

// Cart is a reservation as it stands, by its id, or its object's uid or name.
func (b *Books) Cart(name string) (*stock.Reservation, bool) {
	c := b.find(name)
	if c == nil {
		return nil, false
	}
	return c.last(), true
}

func (b *Books) find(name string) *cart {
	if c := b.carts[stock.ID(name)]; c != nil {
		return c
	}
	return b.byName[name]
}

// Carts are all reservations that ever were, by the order of their decisions.
func (b *Books) Carts() []*stock.Reservation {
	all := make([]*stock.Reservation, 0, len(b.carts))
	for _, c := range b.carts {
		all = append(all, c.last())
	}
	slices.SortFunc(all, func(a, b *stock.Reservation) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// reserved judges a promise.
func (b *Books) reserved(r *stock.Reservation) {
	if !b.first(r) {
		return
	}
	if old := b.carts[r.Replaces]; r.Replaces != "" && b.whole && (old == nil || !old.last().Phase.Ended() || old.last().ReplacedBy != r.ID || old.last().Cart != r.Cart) {
		b.violated("%s replaces %s at %s, which says otherwise", r.ID, r.Replaces, b.At)
	}
	got := map[stock.ID]int64{}
	for _, a := range r.Allocations {
		got[a.Product] += a.Quantity
		key := stock.Key{Product: a.Product, Location: a.Location}
		if left := b.sellable(key); b.whole && (a.Quantity < 1 || a.Quantity > left || a.Consumed != 0 || a.Released != 0) {
			b.violated("oversold at %s: %s gets %+v where %d units are left", b.At, r.ID, a, left)
		}
		b.hold(key, a.Quantity)
	}
	for _, line := range r.Lines {
		if got[line.Product] != line.Quantity {
			b.violated("%s asked for %d of %s and got %d at %s", r.ID, line.Quantity, line.Product, got[line.Product], b.At)
		}
		delete(got, line.Product)
	}
	for product, units := range got {
		b.violated("%s got %d of %s, for which it did not ask", r.ID, units, product)
	}
}

// refused judges a refusal: it names what there was of each line that was short.
func (b *Books) refused(record *stock.Refused) {
	r := &record.Reservation
	if !b.first(r) {
		return
	}
	b.countRefusal(record)
	if !b.whole {
		return
	}
	short := map[stock.ID]stock.Shortage{}
	for _, s := range r.Short {
		short[s.Product] = s
	}
	if len(short) == 0 {
		b.violated("%s was refused at %s and nothing was short", r.ID, b.At)
	}
	own := b.own(r)
	for _, line := range r.Lines {
		left := b.left(line.Product) + own[line.Product]
		s, named := short[line.Product]
		if named != (left < line.Quantity) || named && (s.Available != left || s.Requested != line.Quantity) {
			b.violated("%s was refused at %s with %+v for %d of %s, of which %d were left", r.ID, b.At, s, line.Quantity, line.Product, left)
		}
	}
}

// own are the units of the hold whose place a refused cart would have taken, by product, where
// they would have been for sale.
func (b *Books) own(r *stock.Reservation) map[stock.ID]int64 {
	own := map[stock.ID]int64{}
	c := b.carts[r.Replaces]
	if r.Replaces == "" || c == nil || c.last().Phase.Ended() {
		return own
	}
	for key, a := range byPlace(c.last()) {
		p, before := b.at(key), b.sellable(key)
		p.reserved -= a.Held()
		own[key.Product] += b.sellable(key) - before
		p.reserved += a.Held()
	}
	return own
}

// countRefusal counts a refusal at the StockItems whose units were wanted.
func (b *Books) countRefusal(record *stock.Refused) {
	wanted := map[stock.ID]bool{}
	for _, s := range record.Short {
		wanted[s.Product] = true
	}
	stated := map[stock.ID]int64{}
	for _, count := range record.Counts {
		stated[count.Item] = count.Refused
	}
	for uid, i := range b.items {
		is := i.last()
		if is == nil || !wanted[is.Product] || b.serving(stock.Key{Product: is.Product, Location: is.Location}, b.At) != is {
			continue
		}
		i.refused.note(b.At, i.refused.last()+1)
		if b.whole && stated[uid] != i.refused.last() {
			b.violated("StockItem %s refused %d carts by %s, and the record says %d", is.Name, i.refused.last(), b.At, stated[uid])
		}
	}
}

// first takes in a decision. Nothing is decided twice.
func (b *Books) first(r *stock.Reservation) bool {
	if before := b.carts[r.ID]; before != nil {
		b.violated("%s was decided twice: %+v and, at %s, %+v", r.ID, *before.last(), b.At, *r)
		return false
	}
	if r.Number <= b.Marks.Outcomes {
		b.violated("%s is outcome %d at %s, and there were %d before", r.ID, r.Number, b.At, b.Marks.Outcomes)
	}
	if r.Outcome == "" {
		b.violated("the outcome of %s has no name", r.ID)
	}
	b.Decided++
	c := &cart{home: b.At.Page}
	b.carts[r.ID] = c
	b.put(c, r)
	if b.Outcome != nil {
		b.Outcome(r)
	}
	return true
}

func (b *Books) put(c *cart, r *stock.Reservation) {
	c.note(b.At, r)
	for _, name := range []string{r.Object.Name, string(r.Object.UID)} {
		if name != "" {
			b.byName[name] = c
		}
	}
}

// change judges what became of a hold.
func (b *Books) change(to *stock.Change, totals []stock.Total, by func(*stock.Reservation)) {
	c := b.carts[to.Reservation]
	if c == nil {
		if b.whole {
			b.violated("%s changes at %s, and was never decided", to.Reservation, b.At)
		}
		b.catchUp(totals)
		return
	}
	before := c.last()
	if before.Phase != stock.PhaseReserved {
		b.violated("%s changes at %s from %+v to %+v", to.Reservation, b.At, *before, *to)
		return
	}
	after := *before
	after.Phase, after.Allocations, after.Reason, after.Ended = to.Phase, to.Allocations, to.Reason, to.Ended
	after.ReplacedBy = cmp.Or(to.ReplacedBy, before.ReplacedBy)
	by(&after)
	left := b.reallocate(before, &after)
	if (left == 0) != after.Phase.Ended() {
		b.violated("%s is in phase %d at %s and holds %d units", to.Reservation, after.Phase, b.At, left)
	}
	for _, t := range totals {
		if is := b.at(stock.Key{Product: t.Product, Location: t.Location}).consumed; b.whole && is != t.Consumed {
			b.violated("%d units of %s were shipped from %s by %s, and the record says %d", is, t.Product, t.Location, b.At, t.Consumed)
		}
	}
	b.catchUp(totals)
	b.put(c, &after)
}

// reallocate judges what a change does with a reservation's units, and returns how many are
// still held. Those shipped from a place beyond what was held there have to be for sale there.
func (b *Books) reallocate(before, after *stock.Reservation) (left int64) {
	was, is := byPlace(before), byPlace(after)
	missing := map[stock.ID]int64{}
	for key, a := range was {
		missing[key.Product] += a.Quantity
		if _, still := is[key]; !still {
			is[key] = stock.Allocation{}
		}
	}
	for key, a := range is {
		old := was[key]
		missing[key.Product] -= a.Quantity
		shipped, more := a.Consumed-old.Consumed, a.Quantity-old.Quantity
		if shipped < 0 || a.Released < old.Released || a.Consumed+a.Released > a.Quantity || more > shipped || more > 0 && b.judges() && more > b.sellable(key) {
			b.violated("%s changes at %s from %+v to %+v at %v", after.ID, b.At, old, a, key)
		}
		left += a.Held()
	}
	for product, units := range missing {
		if units != 0 {
			b.violated("%s changes at %s and has %d units of %s less", after.ID, b.At, units, product)
		}
	}
	for key, a := range is {
		b.hold(key, a.Held()-was[key].Held())
		b.ship(key, a.Consumed-was[key].Consumed)
	}
	return left
}

// byPlace adds up what a reservation has of each product at each location.
func byPlace(r *stock.Reservation) map[stock.Key]stock.Allocation {
	places := map[stock.Key]stock.Allocation{}
	for _, a := range r.Allocations {
		key := stock.Key{Product: a.Product, Location: a.Location}
		sum := places[key]
		sum.Quantity, sum.Consumed, sum.Released = sum.Quantity+a.Quantity, sum.Consumed+a.Consumed, sum.Released+a.Released
		places[key] = sum
	}
	return places
}

// catchUp takes in totals as they are stated.
func (b *Books) catchUp(totals []stock.Total) {
	for _, t := range totals {
		key := stock.Key{Product: t.Product, Location: t.Location}
		p := b.at(key)
		b.ship(key, t.Consumed-p.consumed)
		p.home = b.At.Page
	}
}

// amend takes in one thing about a reservation.
func (b *Books) amend(id stock.ID, how func(*stock.Reservation)) {
	c := b.carts[id]
	if c == nil {
		if b.whole {
			b.violated("%s is amended at %s, and was never decided", id, b.At)
		}
		return
	}
	next := *c.last()
	how(&next)
	b.put(c, &next)
}

// restated judges what compaction says again. To books that begin at the head, or with
// a journal that replaces another, it is news.
func (b *Books) restated(r *stock.Reservation) {
	c := b.carts[r.ID]
	if c == nil {
		if b.judges() && b.Restore != stock.RestoreBegun {
			b.violated("%s is restated at %s, and was never decided", r.ID, b.At)
		}
		c = &cart{}
		b.carts[r.ID] = c
		for _, a := range r.Allocations {
			b.hold(stock.Key{Product: a.Product, Location: a.Location}, a.Held())
		}
	} else if !same(c.last(), r) {
		b.violated("%s is restated at %s as %+v, and is %+v", r.ID, b.At, *r, *c.last())
	}
	c.home = b.At.Page
	b.put(c, r)
}

// same tells whether two reservations are the same but for how an object's version reads.
func same(a, b *stock.Reservation) bool {
	x, y := *a, *b
	x.Object.Version, y.Object.Version = 0, 0
	for _, r := range []*stock.Reservation{&x, &y} {
		if len(r.Extensions) == 0 {
			r.Extensions = nil
		}
		if len(r.Allocations) == 0 {
			r.Allocations = nil
		}
		if len(r.Short) == 0 {
			r.Short = nil
		}
	}
	return reflect.DeepEqual(x, y)
}
