package stock

// idleBudget is how many bytes compaction restates at least, if a batch has them.
const idleBudget = 4 << 10

// maxPassed bounds how many pages one batch lets the head pass, and maxSearched of how many
// it looks at each cart: every process pays for it when it applies the batch.
const (
	maxPassed   = 16
	maxSearched = 4
)

// compaction moves the head in a batch that is being decided.
type compaction struct {
	*draft
	level pressure
	// budget are the bytes that may be restated still.
	budget   int
	searched int
	// forgotten and gone are what the marks must say of the carts that the head leaves behind.
	forgotten Time
	gone      uint64
}

// compact restates what counts on the oldest pages, at least twice the bytes that the
// requests of the batch have added, so that it keeps up with them; and moves the head past
// the pages on which nothing is left that counts.
func (d *draft) compact(level pressure) {
	c := &compaction{draft: d, level: level, budget: max(2*d.used, idleBudget)}
	if level != relaxed || d.policy.lost(d.state.head) {
		c.budget = d.room
	}
	for _, p := range c.state.pages[:min(len(c.state.pages), maxPassed)] {
		if p.number >= min(d.page.number, d.unread) || !c.clear(p) {
			return
		}
		d.batch.Head = p.number + 1
		d.batch.Marks.Forgotten = max(d.batch.Marks.Forgotten, c.forgotten)
		d.batch.Marks.Gone = max(d.batch.Marks.Gone, c.gone)
	}
}

// clear restates all that counts on a page. It is false where the batch cannot take all.
func (c *compaction) clear(p *page) bool {
	if p.counting(c.policy, c.level, c.now) == 0 {
		// Only of what is still there: what has moved on was not forgotten.
		for _, sum := range []ended{p.refused, p.finished} {
			if sum.bytes > 0 {
				c.leave(sum.mark, sum.gone)
			}
		}
		return true
	}
	if c.searched++; c.searched > maxSearched && p.number > c.policy.Through {
		return false
	}
	return c.restateCarts(p) && c.restateRest(p)
}

// leave notes what must be said of carts that are left behind.
func (c *compaction) leave(mark Time, gone uint64) {
	c.forgotten, c.gone = max(c.forgotten, mark), max(c.gone, gone)
}

// restateCarts restates the carts of a page that may not be forgotten.
func (c *compaction) restateCarts(p *page) bool {
	for _, cart := range p.carts {
		if cart.home != p {
			continue
		}
		r := cart.reservation()
		if f := footprintOf(r); c.forgettable(r, f) {
			c.leave(f.mark, f.gone)
			continue
		}
		if !c.restate(&Cart{*r}) {
			return false
		}
	}
	return true
}

// forgettable tells whether a cart may be left behind: its outcome was delivered, as this
// very batch may say, its object is no more, and it was remembered long enough.
func (c *compaction) forgettable(r *Reservation, f footprint) bool {
	return c.policy.forgettable(c.state.classOf(r, c.batch.Marks.Published), c.level, f.decided, f.over, c.now)
}

// restateRest restates what is on a page besides carts.
func (c *compaction) restateRest(p *page) bool {
	for fact := range p.otherFacts() {
		if !c.restate(fact) {
			return false
		}
	}
	return true
}

// restate adds a fact to the batch; it is false where there is no room for it.
func (c *compaction) restate(fact Record) bool {
	if c.budget <= 0 {
		return false
	}
	before := c.used
	if c.write(fact) != Done {
		return false
	}
	c.budget -= c.used - before
	c.batch.Restated++
	return true
}
