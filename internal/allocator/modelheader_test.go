package allocator

import (
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// header looks at what the header of a write says: marks only rise, and the head passes
// only what was restated or may be forgotten.
func (t *truth) header(w *world, p *journal.Page) {
	marks, err := stock.ParseMarks(p.Header.Marks)
	if err != nil {
		w.fail("the marks cannot be read: %v", err)
		return
	}
	before := t.marks
	if marks.At < before.At || marks.Outcomes < before.Outcomes || marks.Published < before.Published ||
		marks.Forgotten < before.Forgotten || marks.Gone < before.Gone || marks.Items < before.Items {
		w.fail("a mark goes down: %+v after %+v", marks, before)
	}
	for i := range t.items {
		if g := &t.items[i]; g.known && marks.Items < g.version {
			w.fail("StockItem %d was taken in at version %d, the mark says %d", i, g.version, marks.Items)
		}
	}
	t.marks = marks
	if marks.Forgotten > before.Forgotten {
		w.reach("the mark rises")
	}
	if clock := micros(epoch) + stock.Time(w.clock)*tickTime; marks.Forgotten >= clock {
		w.fail("the mark is %d at %d: it refuses commands that are new", marks.Forgotten, clock)
	}
	if p.Header.Head < t.head {
		w.fail("the head goes back from %d to %d", t.head, p.Header.Head)
	}
	if p.Header.Head > t.head && t.head > 0 {
		w.reach("the head moves")
	}
	t.head = max(t.head, p.Header.Head)
	t.passed(w)
}

// passed looks at what stands before the head.
func (t *truth) passed(w *world) {
	for i := range t.carts {
		g := &t.carts[i]
		if g.outcome == "" || g.forgotten || g.home >= t.head {
			continue
		}
		w.reach("a cart is forgotten")
		g.forgotten = true
		switch {
		case g.phase == stock.PhaseReserved:
			w.fail("the head passes cart %d, which is open", i)
		case g.number > t.marks.Published:
			w.fail("cart %d is forgotten before its outcome is delivered", i)
		case t.marks.Forgotten < max(g.at, w.cfg.counted(g)):
			w.fail("cart %d, decided at %d on a command of %d, is forgotten while the mark is %d", i, g.at, g.time, t.marks.Forgotten)
		}
	}
	for i := range t.items {
		if g := &t.items[i]; g.known && !g.gone && g.home < t.head {
			w.fail("the head passes StockItem %d", i)
		}
	}
	if t.consumed > 0 && t.consumedAt < t.head {
		w.fail("the head passes the total of what was shipped")
	}
}

// counted is the command's time, unless it is so far ahead that it counts as none.
func (c *config) counted(g *cart) stock.Time {
	if g.time > g.at+c.policy.Grace {
		return 0
	}
	return g.time
}

// items are the commands that are news of StockItems.
func (c *config) items() []int {
	var news []int
	for k := range c.commands {
		if k := &c.commands[k]; k.put || k.drop {
			news = append(news, 0)
		}
	}
	return news
}
