package allocator_test

import (
	"bytes"
	"math/rand/v2"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// archive wants every record of the journal. It lists pages now and then, loses what it has not
// stored when it crashes, and says by an annotation how far it is, which whoever leads reads
// from a cache that may be old. It must see each record once, in order, or have been told that
// it was overtaken.
type archive struct {
	w *world
	// rand is its own: seeds in which there is none are as they would be without it.
	rand *rand.Rand
	// histories are all records of each journal, by the uid of its first page.
	histories map[string][][]byte
	// annotations are all that it ever said, the newest last.
	annotations []archiveReport
	// page is what the journal says that it has come to; registered that it says so.
	page       uint64
	registered bool
	// stored is durable where it keeps it, read is up to where it has read.
	stored, read archivePlace
	slow         bool
}

// archivePlace is a place in a journal: on a page, after so many records since its founding.
type archivePlace struct {
	journal string
	page    uint64
	index   int
	records int
}

// archiveReport is what an annotation says: how far it is, or that it is no reader any more.
type archiveReport struct {
	at   archivePlace
	left bool
}

func newArchive(w *world) *archive {
	return &archive{
		w: w, rand: rand.New(rand.NewPCG(w.seed, 17)), histories: map[string][][]byte{}, slow: w.seed%32 == 0 || w.seed%8 == 1,
		annotations: []archiveReport{{}},
	}
}

// wrote takes in a write of the journal that everybody decides in, whose head was before, and
// judges what it does to the archive.
func (a *archive) wrote(p *journal.Page, first int, before uint64) {
	uid := p.Header.Journal.Journal
	if at := int(p.Header.First) + first; at != len(a.histories[uid]) {
		a.w.failf("page %d goes on with record %d of %s, which has %d", p.Number, at, uid, len(a.histories[uid]))
		return
	}
	bytes := 0
	for _, encoded := range p.Records[first:] {
		a.histories[uid] = append(a.histories[uid], encoded)
		bytes += len(encoded)
		record, _ := stock.Decode(encoded)
		if r, is := record.(*stock.ReaderRecord); is {
			a.noted(r, p.Number)
		}
	}
	if !a.registered || p.Header.Head <= max(a.page, before) {
		if a.registered && a.page == p.Header.Head && p.Number > a.page+1 {
			a.w.reach.ReaderWaited++
		}
		return
	}
	if !a.near(before, bytes) && !a.w.disaster.happened {
		a.w.failf("the head passes page %d, from %d to %d, which the archive has not read", a.page, before, p.Header.Head)
	}
	a.w.reach.ReaderOvertaken++
}

// noted takes in what the journal says of the archive.
func (a *archive) noted(r *stock.ReaderRecord, page uint64) {
	name, is := r.WantsPages()
	if !is || name != "archive" {
		return
	}
	if r.Position == "" {
		a.registered = false
		a.w.reach.ReaderLeft++
		return
	}
	var to uint64
	for _, digit := range []byte(r.Position) {
		to = 10*to + uint64(digit-'0')
	}
	if a.registered && to < a.page || to > page {
		a.w.failf("page %d says that the archive has come to page %d, after %d", page, to, a.page)
	}
	a.registered, a.page = true, to
}

// near tells whether the log is so large, with a write of so many bytes, that nobody is waited for.
func (a *archive) near(head uint64, written int) bool {
	stored := int64(written)
	for _, p := range a.w.books.pages {
		if p.Number >= head && p.Written() {
			stored += int64(len(p.Blob))
		}
	}
	return a.w.policy.Limit > 0 && stored > a.w.policy.Limit/4*3
}

// step lets the archive do something, and those who lead hear of it.
func (a *archive) step() {
	if !a.there() {
		return
	}
	for _, p := range a.w.procs {
		if a.rand.IntN(30) == 0 && !p.isFrozen() && p.replica.Log().Leading() {
			a.hears(p)
		}
	}
	if a.slow && a.rand.IntN(40) > 0 {
		return
	}
	switch n := a.rand.IntN(200); {
	case n < 30:
		a.follow(1 + a.rand.IntN(30))
	case n < 40:
		a.stored = a.read
	case n < 50:
		a.say(archiveReport{at: a.stored})
	case n < 52:
		a.read = a.stored
		a.w.reach.ReaderCrashes++
	case n < 54 && a.registered:
		a.say(archiveReport{left: true})
	default:
	}
}

// there tells whether the seed has an archive: half of those do that are long.
func (a *archive) there() bool { return a.w.seed%16 == 0 || a.w.seed%4 == 1 }

func (a *archive) say(r archiveReport) {
	a.w.note("the archive says %+v", r)
	a.annotations = append(a.annotations, r)
}

// hears lets a process that leads hear what the annotation says: as its cache has it, but that the
// archive is no reader any more, which it reads past the caches.
func (a *archive) hears(p *process) {
	newest := len(a.annotations) - 1
	said := a.annotations[newest]
	if a.rand.IntN(4) == 0 {
		said = a.annotations[a.rand.IntN(newest+1)]
	}
	end := allocator.PositionOf(p.replica.Log())
	known, is := uint64(0), false
	for _, r := range p.stock().PageReaders() {
		known, is = r.Page, true
	}
	at := allocator.Position{Journal: said.at.journal, Page: said.at.page, Index: said.at.index}
	switch {
	case said.left && a.annotations[newest].left && is:
		p.step(allocator.Asked{Request: stock.LeavePages{Reader: "archive"}})
		return
	case said.left, at.Journal == end.Journal && !end.Covers(at), at.Journal != end.Journal && is:
		return
	case at.Journal != end.Journal:
		at.Page = p.stock().Head()
	}
	if !is || at.Page > known {
		p.step(allocator.Asked{Request: stock.ReadPages{Reader: "archive", Page: at.Page}})
	}
}

// follow lists the pages and reads so many records more.
func (a *archive) follow(most int) {
	w := a.w
	var pages []journal.Page
	for _, p := range w.server.Pages {
		if p.Header.Journal == w.server.Ledger.Names || !p.Written() {
			pages = append(pages, *p)
		}
	}
	counting, problem := journal.LivePages(pages)
	if problem != "" || len(counting) == 0 || w.disaster.happened && !w.disaster.mended {
		return
	}
	uid := counting[0].Header.Journal.Journal
	head := int(counting[0].Header.First)
	switch {
	case a.read.journal != uid:
		a.read = archivePlace{journal: uid, page: counting[0].Number, records: head}
	case head > a.read.records:
		if a.registered && a.page >= counting[0].Number {
			w.failf("records %d to %d are gone, and the journal does not say that the archive was overtaken", a.read.records, head)
		}
		w.reach.ReaderGaps++
		a.read.records = head
	}
	for _, p := range counting {
		for i := max(0, a.read.records-int(p.Header.First)); i < len(p.Records); i++ {
			if most--; most < 0 {
				return
			}
			if at := int(p.Header.First) + i; at != a.read.records || !bytes.Equal(p.Records[i], a.histories[uid][at]) {
				w.failf("the archive reads record %d as the next one after %d, or another one", at, a.read.records)
				return
			}
			a.read.page, a.read.index, a.read.records = p.Number, i+1, a.read.records+1
			w.reach.ReaderRead++
		}
	}
}

// end lets the archive read to the end, where nothing is missing.
func (a *archive) end() {
	if !a.there() {
		return
	}
	a.follow(1 << 30)
	if n := len(a.histories[a.read.journal]); a.read.records != n {
		a.w.failf("the archive has read up to record %d of %d", a.read.records, n)
	}
}
