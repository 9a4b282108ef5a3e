package allocator

import (
	"fmt"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// take books the records of a write that landed, then looks at what its header says.
func (t *truth) take(w *world, p *journal.Page, records [][]byte) {
	at := p.Number
	for _, encoded := range records {
		record, err := stock.Decode(encoded)
		if err != nil {
			w.fail("a record cannot be read: %v", err)
			return
		}
		switch r := record.(type) {
		case *stock.Reserved:
			t.decided(w, &r.Reservation, at)
		case *stock.Refused:
			t.decided(w, &r.Reservation, at)
		case *stock.Cart:
			t.restated(w, &r.Reservation, at)
		case *stock.Released:
			t.changed(w, &r.Change)
		case *stock.Consumed:
			t.shipped(w, r, at)
		case *stock.ItemRecord:
			t.itemPut(w, &r.Item, at)
		case *stock.ItemGone:
			t.itemGone(w, r)
		case *stock.TotalRecord:
			w.reach("a fact is restated")
			if r.Consumed != t.consumed {
				w.fail("%d units are restated as shipped, it were %d", r.Consumed, t.consumed)
			}
			t.consumedAt = at
		}
	}
	t.header(w, p)
}

func cartOf(id stock.ID) int { return int(id[1] - '0') }

// decided books an outcome.
func (t *truth) decided(w *world, r *stock.Reservation, at uint64) {
	g := &t.carts[cartOf(r.ID)]
	if g.outcome != "" {
		w.fail("cart %s is decided again: %s after %s (forgotten: %t)", r.ID, r.Outcome, g.outcome, g.forgotten)
	}
	free := t.bound() - t.held() - t.consumed
	units := w.cfg.carts[cartOf(r.ID)]
	g.phase, g.outcome, g.at, g.over, g.number, g.home = r.Phase, string(r.Outcome), r.At, r.At, r.Number, at
	if r.Phase == stock.PhaseReserved {
		if g.units = units; units > free {
			w.fail("cart %s gets %d units, of which %d are free", r.ID, units, free)
		}
		return
	}
	if units <= free && len(w.cfg.items()) == 0 {
		w.fail("cart %s is refused %d units, though %d are free", r.ID, units, free)
	}
}

// held are the units that open carts hold.
func (t *truth) held() int64 {
	var units int64
	for i := range t.carts {
		if t.carts[i].phase == stock.PhaseReserved {
			units += t.carts[i].units
		}
	}
	return units
}

// bound is how many units the StockItem that serves has received, as it is shown.
func (t *truth) bound() int64 {
	serving := t.serving()
	if serving == nil {
		return 0
	}
	return min(serving.allowed, serving.received)
}

// serving is the StockItem that counts: the oldest of those that do not wait.
func (t *truth) serving() *stocked {
	var serving *stocked
	for i := range t.items {
		if g := &t.items[i]; g.known && !g.gone && !g.waits && (serving == nil || g.created < serving.created) {
			serving = g
		}
	}
	return serving
}

// restated compares what compaction says of a cart with what is so.
func (t *truth) restated(w *world, r *stock.Reservation, at uint64) {
	w.reach("a fact is restated")
	g := &t.carts[cartOf(r.ID)]
	if g.outcome != string(r.Outcome) || g.phase != r.Phase || g.forgotten {
		w.fail("cart %s is restated as %d, outcome %s; it was %d, outcome %s (forgotten: %t)", r.ID, r.Phase, r.Outcome, g.phase, g.outcome, g.forgotten)
	}
	g.home = at
}

func (t *truth) changed(w *world, c *stock.Change) {
	g := &t.carts[cartOf(c.Reservation)]
	if g.phase != stock.PhaseReserved {
		w.fail("cart %s ends as %d, after it had ended as %d", c.Reservation, c.Phase, g.phase)
	}
	g.phase, g.over = c.Phase, max(g.over, c.Ended)
}

func (t *truth) shipped(w *world, r *stock.Consumed, at uint64) {
	t.consumed += t.carts[cartOf(r.Reservation)].units
	t.changed(w, &r.Change)
	for _, total := range r.Totals {
		if total.Consumed != t.consumed {
			w.fail("%d units are said to be shipped, it were %d", total.Consumed, t.consumed)
		}
		t.consumedAt = at
	}
}

func (t *truth) itemOf(uid string) *stocked { return &t.items[uid[len(uid)-1]-'0'] }

func (t *truth) itemPut(w *world, i *stock.Item, at uint64) {
	g := t.itemOf(string(i.UID))
	switch {
	case g.gone:
		w.fail("StockItem %s is taken in, though it is gone", i.UID)
	case g.known && i.Version < g.version:
		w.fail("version %d of StockItem %s binds after version %d", i.Version, i.UID, g.version)
	case g.known && i.Version == g.version && i.Received != g.received:
		w.fail("StockItem %s is restated with %d units, it were %d", i.UID, i.Received, g.received)
	case g.known && g.waits && !i.Waits && (t.serving() != nil || !i.TakesOver && i.Generation == g.generation):
		w.fail("StockItem %s takes over, though nobody said so or another serves", i.UID)
	case !g.known && !g.shown && t.firstItem():
		g.allowed = i.Received
	}
	if g.known && g.waits != i.Waits {
		g.allowed = 0
		w.reach(fmt.Sprintf("waits %t", i.Waits))
	}
	g.state(i, at)
	if i.Sellable > min(g.allowed, g.received) {
		w.fail("%d units of StockItem %s may be sold, %d are shown", i.Sellable, i.UID, min(g.allowed, g.received))
	}
}

// state takes in what a record says of a StockItem.
func (g *stocked) state(i *stock.Item, at uint64) {
	g.known, g.version, g.received, g.created, g.home = true, i.Version, i.Received, i.Created, at
	g.name, g.generation, g.takesOver, g.waits = i.Name, i.Generation, i.TakesOver, i.Waits
}

// firstItem tells whether nobody's word counts for the place yet.
func (t *truth) firstItem() bool {
	for i := range t.items {
		if t.items[i].known && !t.items[i].gone {
			return false
		}
	}
	return t.held() == 0 && t.consumed == 0
}

func (t *truth) itemGone(w *world, r *stock.ItemGone) {
	g := t.itemOf(string(r.UID))
	if r.Version < g.version {
		return
	}
	served := t.serving() == g
	g.gone = true
	if heir := t.serving(); served && heir != nil {
		heir.allowed = 0
		if !heir.takesOver && heir.name != g.name {
			w.fail("StockItem %s serves after %s, and nobody said so", heir.name, g.name)
		}
	}
}

// show notes that a StockItem's status shows a generation, if it serves.
func (t *truth) show(i item) {
	if g := t.itemOf(i.uid); g == t.serving() {
		g.shown, g.allowed = true, i.received
	}
}

// takenIn tells whether the journal has a StockItem in this version or a later one.
func (t *truth) takenIn(i item) bool {
	g := t.itemOf(i.uid)
	return g.known && g.version >= i.version
}
