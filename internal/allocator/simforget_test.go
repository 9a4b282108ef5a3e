package allocator_test

import (
	"github.com/acme/inventory-service/test/fixture"
)

// moveHead judges that pages no longer count: all that stood on them was restated, or may
// be forgotten.
func (b *books) moveHead(head uint64) {
	if head < b.head || head > b.tail.Number {
		b.failf("the head went from %d to %d, the tail is %d", b.head, head, b.tail.Number)
	}
	b.head = head
	b.w.reach.Compactions++
	b.seq++
	for _, id := range b.order {
		if c := b.carts[id]; c.now != nil && c.home < head {
			b.forget(c)
		}
	}
	for uid, i := range b.items {
		if i.home < head {
			b.failf("the StockItem %s was lost", uid)
		}
	}
	for key, k := range b.keys {
		if k.home != 0 && k.home < head {
			b.failf("the total of %v was lost", key)
		}
	}
	for name, r := range b.readers {
		if r.position != "" && r.home < head {
			b.failf("the reader %s was lost", name)
		}
	}
}

// forget judges that a cart is not remembered any more.
func (b *books) forget(c *cartBook) {
	r := c.now
	decided := r.At
	repeatable := r.Command.ID != "" && !r.Command.Given
	if repeatable {
		decided = max(decided, r.Command.Time)
	}
	switch {
	case !r.Phase.Ended():
		b.failf("%s was lost, which is held", r.ID)
	case r.Number > b.marks.Published || b.w.delivered[r.Number] == "":
		b.failf("%s was forgotten before its outcome %d was delivered", r.ID, r.Number)
	case r.Object.UID != "" && !r.Object.Gone:
		b.failf("%s was forgotten, though its object is there", r.ID)
	case b.marks.At < decided+b.w.policy.Grace:
		b.failf("%s was forgotten at %s, though it was decided at %s", r.ID, fixture.Clock(b.marks.At), fixture.Clock(decided))
	case b.w.policy.Limit == 0 && b.marks.At < max(r.At, r.Ended)+b.w.policy.Retention:
		b.failf("%s was forgotten at %s, though it ended at %s", r.ID, fixture.Clock(b.marks.At), fixture.Clock(r.Ended))
	case repeatable && b.marks.Forgotten < decided:
		b.failf("%s of %s was forgotten, the mark is %s", r.ID, fixture.Clock(decided), fixture.Clock(b.marks.Forgotten))
	case b.marks.Gone < r.Object.Version:
		b.failf("%s was forgotten, whose object was gone at %d, the mark is %d", r.ID, r.Object.Version, b.marks.Gone)
	}
	c.forgotten++
	b.w.reach.Forgotten++
	b.become(c, nil)
	b.w.note("  %s is forgotten", r.ID)
}
