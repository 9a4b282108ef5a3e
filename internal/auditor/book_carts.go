package auditor

import (
	"fmt"

	"github.com/acme/inventory-service/internal/stock"
)

// cart is a reservation as the records say it stands.
type cart struct {
	// record is what stock.Encode makes of a stock.Cart: most are only compared.
	record string
	number uint64
	// home is the page of its last whole statement, changed where something changed last
	// that its status shows.
	home    uint64
	changed place
	// open says that it holds units, live that an object shows it, seen that the audit has
	// met that object.
	open, live, seen bool
}

// Reservation returns a reservation as it stands, nil where none is known.
func (b *Book) Reservation(id stock.ID) *stock.Reservation {
	c, known := b.carts[id]
	if !known {
		return nil
	}
	return c.reservation()
}

func (c *cart) reservation() *stock.Reservation {
	record, err := stock.Decode([]byte(c.record))
	if err != nil {
		panic(err) // it was encoded here
	}
	return &record.(*stock.Cart).Reservation
}

// outcome takes in a decision.
func (b *Book) outcome(r *stock.Reservation, head uint64) {
	if c, known := b.carts[r.ID]; known {
		if c.home >= head {
			b.contradict(KindDecision, "Reservation "+string(r.ID), "decisions", "1", "2")
			return
		}
		b.remove(r.ID) // it was forgotten on this page, before this record
	}
	if b.holdsBack() {
		b.contradict(KindDecision, "Reservation "+string(r.ID), "decided", "after what is to be restored", "before")
	}
	b.judge(r)
	b.judgeReplaced(r)
	delete(b.changedUnstated, r.ID)
	b.put(r, b.at)
	if r.Phase == stock.PhaseReserved && b.complete {
		b.judgeSale(r)
	}
}

// restate takes in what compaction says again: nothing may be new in it.
func (b *Book) restate(r *stock.Reservation) {
	c, known := b.carts[r.ID]
	if !known {
		b.judge(r)
		changed := b.stated(r.ID)
		if b.restore == stock.RestoreBegun {
			changed = b.at
		}
		b.put(r, changed)
		return
	}
	changed := c.changed
	if encode(r) != c.record {
		b.contradict(KindDecision, "Reservation "+string(r.ID), "content", "as it was before it was restated", "another")
		changed = b.at
	}
	b.put(r, changed)
}

// change takes in how a hold stands after some of it, or all, was released or shipped, and by
// whom.
func (b *Book) change(to *stock.Change, totals []stock.Total, by func(*stock.Reservation)) {
	c, known := b.carts[to.Reservation]
	if !known {
		b.changedUnstated[to.Reservation] = b.at
		for _, a := range to.Allocations {
			b.stockAt(keyOf(a)).changed = b.at
		}
		for _, t := range totals {
			b.total(t, nil)
		}
		return
	}
	r := c.reservation()
	if r.Phase.Ended() {
		b.contradict(KindDecision, "Reservation "+string(r.ID), "changes after its end", "0", "1")
		return
	}
	shipped := b.judgeChange(r, to)
	for _, t := range totals {
		b.total(t, shipped)
	}
	before := r.Allocations
	r.Phase, r.Allocations, r.Reason, r.Ended = to.Phase, to.Allocations, to.Reason, to.Ended
	if to.ReplacedBy != "" {
		r.ReplacedBy = to.ReplacedBy
	}
	by(r)
	b.judge(r)
	b.putAt(r, c.home, b.at)
	b.judgeMoved(r.ID, before, r.Allocations)
}

func (b *Book) extend(e *stock.Extended) {
	c, known := b.carts[e.Reservation]
	if !known {
		b.changedUnstated[e.Reservation] = b.at
		return
	}
	if !c.open {
		return
	}
	r := c.reservation()
	if r.FirstExpires == 0 {
		r.FirstExpires = r.Expires
	}
	r.Expires = e.Expires
	b.putAt(r, c.home, c.changed)
	c.changed = b.at // and none of the figures
}

// amend changes what no status shows.
func (b *Book) amend(id stock.ID, how func(*stock.Reservation)) {
	c, known := b.carts[id]
	if !known {
		return
	}
	r := c.reservation()
	how(r)
	b.putAt(r, c.home, c.changed)
}

// show takes in which object shows a reservation. An older version says nothing, and that
// an object is gone is final.
func show(r *stock.Reservation, object stock.Object) {
	if object.Version < r.Object.Version || (r.Object.Gone && object.UID == r.Object.UID) {
		return
	}
	r.Object = object
}

// put makes a whole statement the one that counts.
func (b *Book) put(r *stock.Reservation, changed place) {
	b.homes[b.at.page] = append(b.homes[b.at.page], r.ID)
	b.putAt(r, b.at.page, changed)
}

// putAt gives a reservation other content. Where that was changed here, so were the figures
// of all that it holds.
func (b *Book) putAt(r *stock.Reservation, home uint64, changed place) {
	c, known := b.carts[r.ID]
	if known {
		b.hold(c, -1, changed == b.at)
	} else {
		c = &cart{}
		b.carts[r.ID] = c
	}
	c.record, c.number, c.home, c.changed = encode(r), r.Number, home, changed
	c.open, c.live = r.Phase == stock.PhaseReserved, r.Object.UID != "" && !r.Object.Gone
	b.hold(c, 1, changed == b.at)
}

func (b *Book) remove(id stock.ID) {
	b.hold(b.carts[id], -1, false)
	delete(b.carts, id)
}

// hold counts what an open cart holds, or takes it off.
func (b *Book) hold(c *cart, sign int64, changed bool) {
	if !c.open {
		return
	}
	b.held += sign
	for _, a := range c.reservation().Allocations {
		s := b.stockAt(keyOf(a))
		s.reserved += sign * left(a)
		if changed {
			s.changed = b.at
		}
	}
}

// left is how many units are still held.
func left(a stock.Allocation) int64 { return a.Quantity - a.Consumed - a.Released }

func keyOf(a stock.Allocation) stock.Key { return stock.Key{Product: a.Product, Location: a.Location} }

func encode(r *stock.Reservation) string {
	encoded, err := stock.Encode(&stock.Cart{Reservation: *r})
	if err != nil {
		panic(err) // a Cart is a record
	}
	return string(encoded)
}

func describe(key stock.Key) string { return fmt.Sprintf("%s at %s", key.Product, key.Location) }
