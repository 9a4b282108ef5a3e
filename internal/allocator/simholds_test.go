package allocator_test

import (
	"reflect"

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
	b.changed(to, func(_ stock.Key, was, is stock.Allocation) bool {
		return is.Consumed == was.Consumed && is.Released >= was.Released && is.Quantity == was.Quantity
	})
	if to.ReplacedBy != "" {
		b.w.reach.Replaced++
		b.ended, b.heirOfHold = to.Reservation, to.ReplacedBy
	}
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
	shipped := map[stock.Key]int64{}
	b.changed(&r.Change, func(key stock.Key, was, is stock.Allocation) bool {
		units, more := is.Consumed-was.Consumed, is.Quantity-was.Quantity
		if units != 0 {
			shipped[key] = units
		}
		if more > 0 {
			b.w.reach.Elsewhere++
		}
		return is.Released == was.Released && units >= 0 && more <= units && (more <= 0 || more <= b.free(key, toSell))
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

// changed judges how a hold stands after a change: as many units of each product.
func (b *books) changed(to *stock.Change, allowed func(key stock.Key, was, is stock.Allocation) bool) {
	b.amended(to.Reservation, true, func(c *stock.Reservation) {
		if !reflect.DeepEqual(unitsOf(to.Allocations), unitsOf(c.Allocations)) {
			b.failf("%s has other units after a change: %+v, before %+v", c.ID, to.Allocations, c.Allocations)
		}
		before, after := placesOf(c.Allocations), placesOf(to.Allocations)
		for key := range before {
			if _, still := after[key]; !still {
				after[key] = stock.Allocation{}
			}
		}
		var held, shipped int64
		for key, is := range after {
			was := before[key]
			if !allowed(key, was, is) || is.Consumed+is.Released > is.Quantity {
				b.failf("%s went from %+v to %+v at %v", c.ID, was, is, key)
			}
			held, shipped = held+is.Quantity-is.Consumed-is.Released, shipped+is.Consumed
		}
		for key, is := range after {
			was := before[key]
			b.key(stock.Allocation{Product: key.Product, Location: key.Location}).held += is.Quantity - is.Consumed - is.Released - (was.Quantity - was.Consumed - was.Released)
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

// unitsOf adds up what allocations have of each product.
func unitsOf(allocations []stock.Allocation) map[stock.ID]int64 {
	units := map[stock.ID]int64{}
	for _, a := range allocations {
		units[a.Product] += a.Quantity
	}
	return units
}

// placesOf adds up allocations by product and location.
func placesOf(allocations []stock.Allocation) map[stock.Key]stock.Allocation {
	places := map[stock.Key]stock.Allocation{}
	for _, a := range allocations {
		key := stock.Key{Product: a.Product, Location: a.Location}
		sum := places[key]
		sum.Quantity, sum.Consumed, sum.Released = sum.Quantity+a.Quantity, sum.Consumed+a.Consumed, sum.Released+a.Released
		places[key] = sum
	}
	return places
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
