package allocator_test

import (
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// keyBook is what is known of the units of a product at a location.
type keyBook struct {
	held, consumed int64
	// home is the page on which the total stands, 0 while there is none.
	home uint64
}

func (b *books) key(a stock.Allocation) *keyBook {
	key := stock.Key{Product: a.Product, Location: a.Location}
	if b.keys[key] == nil {
		b.keys[key] = &keyBook{}
	}
	return b.keys[key]
}

// released judges that units were given back.
func (b *books) released(to *stock.Change) {
	b.changed(to, func(was, is stock.Allocation) bool {
		return is.Consumed == was.Consumed && is.Released >= was.Released
	})
	if to.Reason != stock.ReasonExpired {
		return
	}
	b.w.reach.Expired++
	if c := b.carts[to.Reservation]; to.At < c.first.At || c.now.Expires == 0 || to.At < c.now.Expires {
		b.failf("%s expired at %s, though it lasts until %s", to.Reservation, fixture.Clock(to.At), fixture.Clock(c.now.Expires))
	}
	if to.At > fixture.Moment(b.w.now.Add(maxAhead)) {
		b.failf("%s expired before its time", to.Reservation)
	}
}

// consumed judges that units were shipped, and the totals that say so.
func (b *books) consumed(page uint64, r *stock.Consumed) {
	c := b.carts[r.Reservation]
	shipped := map[stock.Key]int64{}
	if c != nil && c.now != nil && len(c.now.Allocations) == len(r.Allocations) {
		for i, a := range r.Allocations {
			if units := a.Consumed - c.now.Allocations[i].Consumed; units != 0 {
				shipped[stock.Key{Product: a.Product, Location: a.Location}] += units
			}
		}
	}
	b.changed(&r.Change, func(was, is stock.Allocation) bool {
		return is.Released == was.Released && is.Consumed >= was.Consumed
	})
	if len(r.Totals) != len(shipped) {
		b.failf("%s shipped from %d places and states %d totals", r.Reservation, len(shipped), len(r.Totals))
	}
	for _, t := range r.Totals {
		k := b.key(stock.Allocation{Product: t.Product, Location: t.Location})
		if units := shipped[stock.Key{Product: t.Product, Location: t.Location}]; t.Consumed != k.consumed+units {
			b.failf("%d of %s were shipped from %s by now, %s says %d", k.consumed+units, t.Product, t.Location, r.Reservation, t.Consumed)
		}
		k.consumed, k.home = t.Consumed, page
	}
	b.w.reach.Shipped++
}

// changed judges how a hold stands after a change: the same units in the same places.
func (b *books) changed(to *stock.Change, allowed func(was, is stock.Allocation) bool) {
	b.amended(to.Reservation, true, func(c *stock.Reservation) {
		if len(to.Allocations) != len(c.Allocations) {
			b.failf("%s holds something else after a change", c.ID)
			return
		}
		var held, shipped int64
		for i, is := range to.Allocations {
			was := c.Allocations[i]
			same := is.Product == was.Product && is.Location == was.Location && is.Quantity == was.Quantity
			if !same || !allowed(was, is) || is.Consumed+is.Released > is.Quantity {
				b.failf("%s went from %+v to %+v", c.ID, was, is)
			}
			left := is.Quantity - is.Consumed - is.Released
			b.key(is).held += left - (was.Quantity - was.Consumed - was.Released)
			held, shipped = held+left, shipped+is.Consumed
		}
		if to.Phase != phaseOf(held, shipped) || (to.Ended != 0) != (held == 0) {
			b.failf("%s holds %d, has shipped %d, and is in phase %d, ended at %s", c.ID, held, shipped, to.Phase, fixture.Clock(to.Ended))
		}
		c.Phase, c.Allocations, c.Reason, c.Ended = to.Phase, to.Allocations, to.Reason, to.Ended
		if to.ReplacedBy != "" {
			c.ReplacedBy = to.ReplacedBy
		}
	})
}

func phaseOf(held, shipped int64) stock.Phase {
	switch {
	case held > 0:
		return stock.PhaseReserved
	case shipped > 0:
		return stock.PhaseConsumed
	default:
		return stock.PhaseReleased
	}
}
