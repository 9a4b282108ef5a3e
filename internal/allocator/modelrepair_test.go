package allocator

import (
	"bytes"
	"slices"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// What people ask for after damage: an annotation that says what some process's condition
// says, of which processes hear when the search says so.

// enabledRepair appends what people may annotate, and who may hear of it.
func (w *world) enabledRepair(actions []action) []action {
	if w.left.annotations > 0 && w.server.Ledger.Version != 0 {
		for i := range w.procs {
			for accepts := range uint8(2) {
				if r, ok := w.condition(i, accepts == 1); ok && r != w.annotation {
					actions = append(actions, action{actPeople, annotate, uint8(i), accepts})
				}
			}
		}
	}
	for i, p := range w.procs {
		if p.heard != w.annotation {
			actions = append(actions, action{actHear, uint8(i), 0, 0})
		}
	}
	return actions
}

// condition is what a person annotates who has read the condition of a process: with or
// without accepting a loss.
func (w *world) condition(i int, accepts bool) (journal.Repair, bool) {
	d := w.procs[i].replica.log.Damage()
	if d == nil || d.Journal == (journal.Identity{}) || accepts && (d.Proven || !w.cfg.accept) {
		return journal.Repair{}, false
	}
	r, err := journal.ParseRepair(d.Request())
	if err != nil {
		w.fail("the condition asks for what cannot be read: %v", err)
	}
	r.AcceptLoss = accepts
	return r, true
}

func (w *world) annotate(i int, accepts bool) {
	w.left.annotations--
	w.annotation, _ = w.condition(i, accepts)
	w.server.Ledger.Version = w.version()
	w.truth.accepted = w.truth.accepted || accepts
	w.reach("a person annotates")
}

// version is that of a change of anything but pages.
func (w *world) version() uint64 {
	w.server.Version++
	return w.server.Version
}

func (w *world) hear(i int) {
	w.own(i).heard = w.annotation
	w.tell(i, Journal{Event: journal.RepairAsked{Repair: w.annotation}})
}

// restated looks at a write that makes a journal in place of the damaged one. Nothing that
// anybody else has written may be under it.
func (t *truth) restatedPage(w *world, before, after *journal.Page) {
	w.reach("a repair is under way")
	t.repairs = slices.DeleteFunc(slices.Clone(t.repairs), func(p *journal.Page) bool { return p.UID == after.UID })
	t.repairs = append(t.repairs, after)
	switch {
	case before.Blank() && len(after.Records) > 0:
	case before.Header.Journal == after.Header.Journal && before.Number == after.Number && len(before.Records) < len(after.Records):
		for i, record := range before.Records {
			if !bytes.Equal(record, after.Records[i]) {
				w.fail("what was restated is written anew: %s", where(after))
			}
		}
	default:
		w.fail("a repair is written over what others have written: %s", where(after))
	}
}

// replaced takes in that a journal is decided in for the first time which replaces the
// damaged one: it has to say all that was said, unless a person has accepted that it
// may not.
func (t *truth) replaced(w *world, after *journal.Page) {
	w.reach("a repaired journal is decided in")
	made := after.Header.Journal
	pages := slices.DeleteFunc(slices.Clone(t.repairs), func(p *journal.Page) bool { return p.Header.Journal != made })
	last := pages[len(pages)-1]
	switch {
	case after.Header.Origin.Replaces != t.identity.Journal && !t.madeComplete(after.Header.Origin.Replaces):
		w.fail("a journal is decided in that replaces %s, and not %s: %s", after.Header.Origin.Replaces, t.identity.Journal, where(after))
	case !t.ended && !t.accepted:
		w.fail("a journal is replaced that can go on: %s", where(after))
	case !last.Header.Origin.Complete:
		w.fail("a journal is decided in that is not complete: %s", where(after))
	case w.server.Ledger.Names != made && w.left.ledgers == w.cfg.budget.ledgers:
		w.fail("a journal is decided in that the StockLedger does not name: %s", where(after))
	}
	t.compare(w, pages)
	t.identity, t.tail, t.number, t.end, t.head = made, last.Ref, last.Number, endOf(last), last.Header.Head
	t.harmed, t.ended, t.next, t.accepted, t.repairs = false, false, journal.Ref{}, false, nil
	for _, p := range pages {
		stored := w.server.Pages[p.Name]
		t.harmed = t.harmed || stored == nil || stored.UID != p.UID || stored.Header.Journal != made
	}
	if last.Header.Next != nil {
		t.next = *last.Header.Next
	}
}

// madeComplete tells whether a repair has made this journal: it may be damaged, too, before
// anything is decided in it.
func (t *truth) madeComplete(uid string) bool {
	return slices.ContainsFunc(t.repairs, func(p *journal.Page) bool {
		return p.Header.Journal.Journal == uid && p.Header.Origin.Complete
	})
}

// compare holds what a repair has restated against what is so.
func (t *truth) compare(w *world, pages []*journal.Page) {
	said := truth{}
	for _, p := range pages {
		for _, encoded := range p.Records {
			said.hear(w, encoded, p.Number)
		}
	}
	marks, err := stock.ParseMarks(pages[len(pages)-1].Header.Marks)
	if err != nil {
		w.fail("the marks of a repair cannot be read: %v", err)
	}
	if t.accepted {
		t.loseTo(&said, marks)
		return
	}
	if marks != t.marks {
		w.fail("a repair says the marks %+v, which were %+v", marks, t.marks)
	}
	for i := range t.carts {
		g, s := &t.carts[i], &said.carts[i]
		if g.forgotten || g.outcome == "" {
			continue
		}
		if g.phase != s.phase || g.outcome != s.outcome || g.number != s.number {
			w.fail("cart %d is restated as %d, outcome %s; it was %d, outcome %s", i, s.phase, s.outcome, g.phase, g.outcome)
		}
		g.home = s.home
	}
	for i := range t.items {
		g, s := &t.items[i], &said.items[i]
		if !g.known || g.gone {
			continue
		}
		if !s.known || s.version != g.version || s.received != g.received || s.waits != g.waits {
			w.fail("StockItem %d is restated as %+v, it was %+v", i, *s, *g)
		}
		g.home = s.home
	}
	if t.consumed != said.consumed {
		w.fail("%d units are restated as shipped, it were %d", said.consumed, t.consumed)
	}
	t.consumedAt = said.consumedAt
}

// hear notes what a record of a repair says.
func (t *truth) hear(w *world, encoded []byte, at uint64) {
	record, err := stock.Decode(encoded)
	if err != nil {
		w.fail("a record of a repair cannot be read: %v", err)
		return
	}
	switch r := record.(type) {
	case *stock.Cart:
		g := &t.carts[cartOf(r.ID)]
		if g.outcome != "" {
			w.fail("cart %s is restated twice", r.ID)
		}
		g.phase, g.outcome, g.number, g.home, g.at, g.over = r.Phase, string(r.Outcome), r.Number, at, r.At, r.At
		if r.Phase == stock.PhaseReserved {
			g.units = w.cfg.carts[cartOf(r.ID)]
		}
	case *stock.ItemRecord:
		g := t.itemOf(string(r.UID))
		g.state(&r.Item, at)
	case *stock.TotalRecord:
		t.consumed, t.consumedAt = r.Consumed, at
	}
}

// loseTo takes what is said for what is so, after a person has accepted that.
func (t *truth) loseTo(said *truth, marks stock.Marks) {
	for i := range t.carts {
		said.carts[i].time = t.carts[i].time
	}
	for i := range t.items {
		said.items[i].shown, said.items[i].allowed = t.items[i].shown, t.items[i].allowed
	}
	t.carts, t.items, t.consumed, t.consumedAt, t.marks = said.carts, said.items, said.consumed, said.consumedAt, marks
}

// mended lets a person repair what is damaged, and tells whether that leads on.
func (w *world) mended() bool {
	for range 12 {
		p := w.procs[0].replica.log
		if p.Leading() || w.failure != "" {
			return true
		}
		if d := p.Damage(); d != nil && w.server.Ledger.Names == d.Journal && w.server.Ledger.Version != 0 {
			w.annotation, _ = journal.ParseRepair(d.Request())
			w.truth.accepted = w.truth.accepted || w.annotation.AcceptLoss
			w.server.Ledger.Version = w.version()
		}
		w.calm()
		for i := range w.procs {
			if w.procs[i].wake != 0 {
				w.do(action{actWake, uint8(i), 0, 0})
				w.calm()
			}
		}
	}
	return false
}

// harm lets people delete pages before the search begins.
func (w *world) harm() {
	switch w.cfg.harm {
	case 0:
		return
	case deletePage:
		w.deleted(w.truth.place().Name)
	case deletePages:
		for _, name := range w.pageNames() {
			w.deleted(name)
		}
	}
	for i := range w.procs {
		for _, ok := w.server.After(w.procs[i].cursor); ok && !slices.Contains(w.cfg.behind, i); _, ok = w.server.After(w.procs[i].cursor) {
			w.deliver(i)
		}
	}
	if w.cfg.annotated {
		w.annotate(0, false)
	}
}
