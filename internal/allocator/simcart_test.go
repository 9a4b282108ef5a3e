package allocator_test

import (
	"fmt"
	"time"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// newCart lets a producer send a command for a cart.
func (w *world) newCart(p *process) {
	id := w.fresh("cart")
	said := w.now.Add(time.Duration(w.rng.IntN(2000)-1000) * time.Millisecond)
	options := append(w.lines(), fixture.At(said), fixture.Hold(w.hold()))
	wanted := &wish{born: w.now, cart: true}
	if w.chance(6) {
		options = append(options, w.instead())
	}
	switch n := w.rng.IntN(60); {
	case n < 8:
		options = append(options, fixture.WithoutTime())
	case n < 12:
		options = append(options, fixture.At(w.now.Add(time.Duration(w.rng.IntN(30))*time.Second)))
	case n < 20:
		options = append(options, fixture.Given())
		wanted.given = true
	case n < 24:
		wanted.moving = true
	case n < 25:
		options = append(options, fixture.Customer(poison))
		wanted.poisoned = true
		w.reach.Poisoned++
	case n < 26:
		options = append(options, fixture.Line("pot", 0))
	case n < 30:
		w.otherContent(p)
		return
	case n < 31:
		for n := range 40 {
			options = append(options, fixture.Line(stock.ID(fmt.Sprintf("thing-%d-with-a-long-name", n)), 1))
		}
	}
	wanted.request = fixture.Reserve(id, options...)
	w.wish(p, wanted)
}

// instead lets a cart take the place of another hold: of one that is named, mostly of the same
// cart, or of the one that there is.
func (w *world) instead() func(*stock.Reserve) {
	id, ok := w.anyCart()
	c := w.books.carts[id]
	if !ok || c == nil || c.now == nil || w.chance(3) {
		return fixture.OneHold(stock.ID(fmt.Sprint("basket-", w.rng.IntN(3))))
	}
	cart := c.now.Cart
	if w.chance(8) {
		cart = "somebody else's"
	}
	return fixture.Replacing(id, cart)
}

func (w *world) wish(p *process, wish *wish) {
	w.wishes = append(w.wishes, wish)
	w.ask(p, wish)
}

// lines are one to three products.
func (w *world) lines() []func(*stock.Reserve) {
	var lines []func(*stock.Reserve)
	for _, i := range w.rng.Perm(len(products))[:1+w.rng.IntN(len(products))] {
		lines = append(lines, fixture.Line(products[i], int64(1+w.rng.IntN(5))))
	}
	return lines
}

// hold is how long a cart's units are held; now and then for ever.
func (w *world) hold() time.Duration {
	if w.chance(10) {
		return 0
	}
	return time.Duration(1+w.rng.IntN(20)) * time.Second
}

// otherContent sends another command under an id that was used.
func (w *world) otherContent(p *process) {
	if len(w.wishes) == 0 {
		return
	}
	other := w.wishes[w.rng.IntN(len(w.wishes))]
	used, ok := other.request.(stock.Reserve)
	if !ok || !other.cart || other.given || other.poisoned || used.Wanted.Command.ID == "" {
		return
	}
	used.Wanted.Lines = []stock.Line{{Product: "mug", Quantity: 77}}
	used.Wanted.Command.Hash = "another"
	w.wish(p, &wish{born: w.now, request: used, moving: other.moving})
}

// newChange lets somebody change a cart: often one of late, sometimes any.
func (w *world) newChange(p *process) {
	id, ok := w.anyCart()
	if !ok {
		return
	}
	changed := &wish{born: w.now}
	switch w.rng.IntN(8) {
	case 0:
		changed.request = stock.Release{Reservation: id, Parts: w.parts(id), Reason: "Abandoned"}
	case 1, 2:
		changed.request = stock.Consume{Reservation: id, Parts: w.parts(id)}
	case 3:
		changed.request = stock.Extend{Reservation: id, Expires: w.later(id)}
	case 4:
		changed.request = stock.Attach{Reservation: id, Order: w.fresh("order")}
	case 5:
		changed.request = stock.Register{Name: "archive", Position: fmt.Sprint(w.rng.IntN(9))}
	default:
		changed.request = stock.Expire{Reservation: id, Expires: w.expires(id)}
	}
	w.wish(p, changed)
}

// anyCart names a cart that was decided once, or never.
func (w *world) anyCart() (stock.ID, bool) {
	order := w.books.order
	switch {
	case len(order) == 0:
		return "", false
	case w.chance(20):
		return "never-heard-of", true
	case w.chance(4):
		return order[w.rng.IntN(len(order))], true
	default:
		return order[max(0, len(order)-1-w.rng.IntN(12))], true
	}
}

// parts are running totals of some of a cart's products, or none: all of it.
func (w *world) parts(id stock.ID) []stock.Part {
	c := w.books.carts[id]
	if c == nil || c.now == nil || w.chance(2) {
		return nil
	}
	var parts []stock.Part
	for _, a := range c.now.Allocations {
		part := stock.Part{Product: a.Product, Quantity: int64(w.rng.IntN(6))}
		switch n := w.rng.IntN(9); {
		case n < 3:
			part.Location = a.Location
		case n < 5:
			part.Location = locations[w.rng.IntN(len(locations))]
		default:
			part.Location = w.elsewhere(a.Product)
		}
		parts = append(parts, part)
	}
	return parts
}

// elsewhere names a place that has units of a product for sale, or none.
func (w *world) elsewhere(product stock.ID) string {
	for _, i := range w.rng.Perm(len(locations)) {
		if w.books.free(stock.Key{Product: product, Location: locations[i]}, toSell) > 0 {
			return locations[i]
		}
	}
	return ""
}

// later is an expiry after that of a cart, mostly.
func (w *world) later(id stock.ID) stock.Time {
	c := w.books.carts[id]
	if c == nil || c.now == nil {
		return fixture.Moment(w.now)
	}
	return c.now.Expires + fixture.Span(time.Duration(w.rng.IntN(8)-1)*time.Second)
}

// expire lets a leader end holds whose time is over.
func (w *world) expire(p *process) {
	some := 3
	for _, id := range w.books.order {
		c := w.books.carts[id]
		if c.now == nil || c.now.Phase.Ended() || c.now.Expires == 0 || c.now.Expires > fixture.Moment(p.clock()) {
			continue
		}
		w.ask(p, &wish{born: w.now, request: stock.Expire{Reservation: id, Expires: c.now.Expires}})
		if some--; some == 0 {
			return
		}
	}
}

// expires is when a cart's hold ends, 0 if it is not known.
func (w *world) expires(id stock.ID) stock.Time {
	if c := w.books.carts[id]; c != nil && c.now != nil {
		return c.now.Expires
	}
	return 0
}
