package allocator_test

import (
	"maps"
	"slices"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// disaster is what people do to the pages of some seeds, and that they ask for a repair.
type disaster struct {
	// at is the step after which it happens, 0 for never.
	at               int
	happened, mended bool
	// witness is a process that sees it: it neither crashes nor misses changes until the
	// journal is repaired, or nobody could know what was told.
	witness *process
	asked   journal.Repair
}

// needs tells whether nothing may happen to a process.
func (w *world) needs(p *process) bool {
	return w.disaster.happened && !w.disaster.mended && w.disaster.witness == p
}

// ruin deletes pages: all of them, or the one where the journal goes on.
func (w *world) ruin() {
	d, tail := &w.disaster, w.books.tail
	if d.at == 0 || d.happened || w.steps < d.at || tail == nil || w.server.Ledger.Names != tail.Header.Journal {
		return
	}
	i := slices.IndexFunc(w.procs, func(p *process) bool {
		return p.watch != 0 && p.from == len(w.server.Changes) && p.replica.Log().Following() && !p.isFrozen()
	})
	if i < 0 {
		return
	}
	d.happened, d.witness = true, w.procs[i]
	names := slices.Sorted(maps.Keys(w.server.Pages))
	if w.chance(2) {
		names = []string{tail.Name}
		if next := tail.Header.Next; next != nil {
			names = []string{next.Name}
		}
	}
	w.note("somebody deletes %v, as %s sees", names, d.witness.name)
	for _, name := range names {
		w.server.Delete(name)
	}
	w.reach.Ruined++
	w.judge()
}

// damage is what the condition says: what is known best of all processes.
func (w *world) damage() *journal.Damage {
	var best *journal.Damage
	for _, p := range w.procs {
		d := p.replica.Log().Damage()
		if d == nil || d.Journal != w.server.Ledger.Names {
			continue
		}
		if best == nil {
			best = d
			continue
		}
		if told, err := journal.ParseRepair(best.Request()); err != nil || d.Beyond(told) {
			best = d
		}
	}
	return best
}

// askForRepair annotates what the condition says. Everybody hears of it.
func (w *world) askForRepair() {
	d := &w.disaster
	if !d.happened || d.mended || w.faulty && !w.chance(100) {
		return
	}
	damage := w.damage()
	if damage == nil || !damage.Proven {
		return
	}
	asked, err := journal.ParseRepair(damage.Request())
	if err != nil {
		w.failf("%v", err)
	}
	if asked == d.asked {
		return
	}
	d.asked = asked
	w.note("somebody annotates %q", damage.Request())
	for _, p := range w.procs {
		p.hearOfRepair()
	}
}

// hearOfRepair tells a process what the annotation says.
func (p *process) hearOfRepair() {
	if asked := p.w.disaster.asked; asked.Journal != "" {
		p.step(allocator.Journal{Event: journal.RepairAsked{Repair: asked}})
	}
}

// restating judges a page of a journal that is made in place of the damaged one.
func (b *books) restating(p, before *journal.Page) {
	if before != nil && before.Number != 0 && before.Header.Journal != p.Header.Journal {
		b.failf("a repair is written over page %d of %v", before.Number, before.Header.Journal)
	}
	b.repairs = slices.DeleteFunc(b.repairs, func(q *journal.Page) bool { return q.UID == p.UID })
	b.repairs = append(b.repairs, p)
}

// replaced takes in a journal that is decided in for the first time: all that was known
// has to stand there again.
func (b *books) replaced(made journal.Identity) {
	pages := slices.DeleteFunc(b.repairs, func(p *journal.Page) bool { return p.Header.Journal != made })
	slices.SortFunc(pages, func(p, q *journal.Page) int { return int(p.Number) - int(q.Number) })
	if len(pages) == 0 || !pages[len(pages)-1].Header.Origin.Complete || b.w.server.Ledger.Names != made {
		b.failf("%v is decided in, of which %d pages are there, and the StockLedger names %v", made, len(pages), b.w.server.Ledger.Names)
		return
	}
	b.w.note("  the journal is replaced by %v", made)
	b.repairs, b.tail = nil, pages[len(pages)-1]
	marks, err := stock.ParseMarks(b.tail.Header.Marks)
	if err != nil || marks != b.marks {
		b.failf("a repair says the marks %s, which were %s: %v", wordText{marks}, wordText{b.marks}, err)
	}
	for _, p := range pages {
		b.w.archive.wrote(p, 0, p.Header.Head)
		for _, encoded := range p.Records {
			record, err := stock.Decode(encoded)
			if err != nil {
				b.failf("page %d: %v", p.Number, err)
				return
			}
			b.seq++
			b.record(p.Number, record, marks)
		}
	}
	b.moveHead(b.tail.Header.Head)
	b.w.disaster.mended = true
	b.w.reach.Repaired++
}
