package allocator_test

import (
	"slices"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// cartBook is all that ever happened to a cart.
type cartBook struct {
	// now is the cart as the journal says, nil while it is forgotten.
	now *stock.Reservation
	// first is its outcome, as it was decided last.
	first   *stock.Reservation
	home    uint64
	history []moment
	// forgotten is how often it was.
	forgotten int
}

// moment is how a cart stood from a point of the books on; text is its coding, empty where
// it was not known.
type moment struct {
	seq  int
	text string
}

// textOf is a cart in a form that can be compared.
func textOf(r *stock.Reservation) string {
	if r == nil {
		return ""
	}
	text, err := stock.Encode(stock.Cart{Reservation: *r})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// become gives a cart its next moment.
func (b *books) become(c *cartBook, r *stock.Reservation) {
	c.now = r
	c.history = append(c.history, moment{b.seq, textOf(r)})
}

// record judges one record and takes it in.
func (b *books) record(page uint64, record stock.Record, marks stock.Marks) {
	if r, ok := record.(*stock.Reserved); b.ended != "" && (!ok || r.ID != b.heirOfHold || r.Replaces != b.ended) {
		b.failf("%s ended for %s, which does not follow", b.ended, b.heirOfHold)
	} else if ok && r.Replaces != b.ended {
		b.failf("%s replaces %q, which did not end for it", r.ID, r.Replaces)
	}
	b.ended = ""
	switch r := record.(type) {
	case *stock.Term, *stock.Founded:
	case *stock.Reserved:
		b.decided(page, &r.Reservation, marks)
		b.allotted(&r.Reservation)
	case *stock.Refused:
		b.decided(page, &r.Reservation, marks)
		b.refused(&r.Reservation, r.Counts)
	case *stock.Released:
		b.released(&r.Change)
	case *stock.Consumed:
		b.consumed(page, r)
	case *stock.Extended:
		b.amended(r.Reservation, true, func(c *stock.Reservation) {
			if r.Expires < c.Expires {
				b.failf("the hold of %s was made shorter", c.ID)
			}
			if c.FirstExpires == 0 {
				c.FirstExpires = c.Expires
			}
			c.Expires = r.Expires
		})
	case *stock.Ordered:
		b.amended(r.Reservation, false, func(c *stock.Reservation) {
			if c.Order != "" || c.LaterOrder != "" {
				b.failf("%s got a second order", c.ID)
			}
			c.LaterOrder = r.Order
		})
	case *stock.Shown:
		b.amended(r.Reservation, false, func(c *stock.Reservation) {
			if c.Object.UID == r.Object.UID && (c.Object.Gone || r.Object.Version < c.Object.Version) {
				return
			}
			c.Object = r.Object
		})
	case *stock.Cart:
		b.restated(page, &r.Reservation)
	default:
		b.recordOfStock(page, record)
	}
}

// decided judges an outcome: each cart has one, and its number follows the last.
func (b *books) decided(page uint64, r *stock.Reservation, marks stock.Marks) {
	c := b.carts[r.ID]
	switch {
	case c == nil:
		c = &cartBook{}
		b.carts[r.ID] = c
		b.order = append(b.order, r.ID)
	case c.now != nil:
		b.failf("%s was decided twice", r.ID)
	default:
		b.decidedAgain(c, r)
	}
	if r.Number != uint64(len(b.outcomes))+1 {
		b.failf("the outcome of %s has number %d after %d", r.ID, r.Number, len(b.outcomes))
	}
	if r.Outcome == "" || b.uids[r.Outcome] {
		b.failf("the outcome %q was there before", r.Outcome)
	}
	if r.At < b.marks.At || r.At > marks.At {
		b.failf("%s was decided at %s, the write before at %s", r.ID, fixture.Clock(r.At), fixture.Clock(b.marks.At))
	}
	first := *r
	c.first, c.home = &first, page
	b.outcomes[r.Number], b.uids[r.Outcome] = &first, true
	b.w.reach.Outcomes++
	b.become(c, r)
}

// decidedAgain judges the outcome of a cart that was forgotten. Only a command that says
// no time, or each time another one, is not defended.
func (b *books) decidedAgain(c *cartBook, r *stock.Reservation) {
	was := c.first.Command
	b.w.reach.DecidedAgain++
	switch {
	case was.ID == "":
		b.failf("object %s was forgotten and decided again", r.ID)
	case was.Given:
		b.failf("the command %s, to which we gave the id, was forgotten and decided again", r.ID)
	case was.Time != 0 && was.Time == r.Command.Time:
		b.failf("the command %s of %s was forgotten and decided again", r.ID, fixture.Clock(was.Time))
	}
}

// amended changes one thing of a cart that has to be known.
func (b *books) amended(id stock.ID, open bool, how func(*stock.Reservation)) {
	c := b.carts[id]
	if c == nil || c.now == nil || open && c.now.Phase.Ended() {
		b.failf("%s was changed, which is not there any more", id)
		return
	}
	next := *c.now
	next.Allocations = slices.Clone(next.Allocations)
	how(&next)
	b.become(c, &next)
}

// restated judges a fact: it says what was known.
func (b *books) restated(page uint64, r *stock.Reservation) {
	c := b.carts[r.ID]
	if c == nil || textOf(c.now) != textOf(r) {
		b.failf("%s was restated as something else", r.ID)
		return
	}
	c.home = page
	b.w.reach.Restated++
}
