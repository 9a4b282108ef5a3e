package allocator_test

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/acme/inventory-service/internal/stock"
)

// free is how many units of a place may be promised, measured by what its serving
// StockItem says.
func (b *books) free(key stock.Key, units func(*itemBook) int64) int64 {
	i := b.serving(key)
	if i == nil || i.Suspended {
		return 0
	}
	k := b.key(stock.Allocation{Product: key.Product, Location: key.Location})
	return max(0, units(i)-i.SafetyStock-k.held-k.consumed)
}

func toSell(i *itemBook) int64   { return i.Sellable }
func declared(i *itemBook) int64 { return i.Offered() }

// places are those of a product, in the order in which units are taken.
func (b *books) places(product stock.ID) []stock.Key {
	var places []stock.Key
	for _, location := range locations {
		places = append(places, stock.Key{Product: product, Location: location})
	}
	slices.SortStableFunc(places, func(x, y stock.Key) int {
		return cmp.Compare(b.priority(y), b.priority(x))
	})
	return places
}

func (b *books) priority(key stock.Key) int32 {
	if i := b.serving(key); i != nil {
		return i.Priority
	}
	return 0
}

// share is what a line has to get: all from the first place that can serve it whole, else
// from several in order; nil if there is not enough.
func (b *books) share(line stock.Line, units func(*itemBook) int64) []stock.Allocation {
	places := b.places(line.Product)
	for _, key := range places {
		if b.free(key, units) >= line.Quantity {
			return []stock.Allocation{{Product: key.Product, Location: key.Location, Quantity: line.Quantity}}
		}
	}
	var parts []stock.Allocation
	missing := line.Quantity
	for _, key := range places {
		if part := min(missing, b.free(key, units)); part > 0 {
			parts = append(parts, stock.Allocation{Product: key.Product, Location: key.Location, Quantity: part})
			missing -= part
		}
	}
	if missing > 0 {
		return nil
	}
	return parts
}

// allotted judges what a cart got: all of its lines, from where the rules say, and nothing
// that is not there.
func (b *books) allotted(r *stock.Reservation) {
	var want []stock.Allocation
	for _, line := range r.Lines {
		parts := b.share(line, toSell)
		if parts == nil {
			b.failf("%s got %d of %s, which are not there", r.ID, line.Quantity, line.Product)
		}
		if len(parts) > 1 {
			b.w.reach.Split++
		}
		want = append(want, parts...)
	}
	if !reflect.DeepEqual(want, r.Allocations) {
		b.failf("%s got %+v, the rules say %+v", r.ID, r.Allocations, want)
	}
	for _, a := range r.Allocations {
		k, i := b.key(a), b.serving(stock.Key{Product: a.Product, Location: a.Location})
		k.held += a.Quantity
		if i == nil || k.held+k.consumed > b.shown(i) {
			b.failf("%d of %s at %s are held and %d shipped, more than is shown", k.held, a.Product, a.Location, k.consumed)
		}
	}
}

// refused judges that a cart could not be served, also not soon, and what was there.
func (b *books) refused(r *stock.Reservation, counts []stock.RefusedCount) {
	b.w.reach.Refusals++
	b.lend(r.Replaces, -1)
	defer b.lend(r.Replaces, 1)
	soon := true
	short := map[stock.ID]int64{}
	for _, line := range r.Lines {
		if b.share(line, toSell) != nil {
			continue
		}
		short[line.Product] = b.available(line.Product)
		soon = soon && b.share(line, declared) != nil
	}
	if len(short) == 0 || soon {
		b.failf("%s was refused though it can be served: soon %t", r.ID, soon)
	}
	if len(r.Short) != len(short) {
		b.failf("%s was refused for %+v, short are %+v", r.ID, r.Short, short)
	}
	for _, s := range r.Short {
		if available, ok := short[s.Product]; !ok || s.Available != available {
			b.failf("%s was refused for %+v, there are %d", r.ID, s, available)
		}
	}
	for _, count := range counts {
		i := b.items[count.Item]
		if i == nil || count.Refused != i.Refused+1 {
			b.failf("%s says that %s has refused %d", r.ID, count.Item, count.Refused)
			continue
		}
		i.Refused = count.Refused
	}
}

// lend takes what a cart holds out of what is held, or back: one that replaces it can have it.
func (b *books) lend(id stock.ID, sign int64) {
	c := b.carts[id]
	if c == nil || c.now == nil || c.now.Phase.Ended() {
		return
	}
	for _, a := range c.now.Allocations {
		b.key(a).held += sign * a.Held()
	}
}

func (b *books) available(product stock.ID) int64 {
	var sum int64
	for _, key := range b.places(product) {
		units := b.free(key, toSell)
		if i := b.serving(key); i != nil && i.Untracked {
			units = min(units, stock.UntrackedUnits)
		}
		sum += units
	}
	return sum
}
