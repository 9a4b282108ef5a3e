package allocator_test

import (
	"bytes"
	"slices"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// books judge what the server stores, write by write, with accounting of their own: they
// share nothing with the code under test but the coding of records. They never forget.
type books struct {
	w *world
	// pages are the page objects as stored last, tail the one with the highest number.
	pages map[string]*journal.Page
	tail  *journal.Page
	// repairs are pages of journals that are made in place of a damaged one.
	repairs []*journal.Page
	head    uint64
	marks   stock.Marks
	// seq counts what has happened; histories refer to it.
	seq int

	carts map[stock.ID]*cartBook
	// order names the carts in the order of their first decisions, outcomes by number.
	order    []stock.ID
	outcomes map[uint64]*stock.Reservation
	uids     map[stock.ID]bool
	items    map[stock.ID]*itemBook
	// resets is the StockItem of which the next record has to say that it sells nothing yet.
	resets stock.ID
	// ended is a hold that ended for its heir, of which the next record has to tell.
	ended, heirOfHold stock.ID
	gone              map[stock.ID]bool
	keys              map[stock.Key]*keyBook
	readers           map[string]*readerBook
}

func newBooks(w *world) *books {
	return &books{
		w: w, head: 1, pages: map[string]*journal.Page{}, carts: map[stock.ID]*cartBook{}, outcomes: map[uint64]*stock.Reservation{},
		uids: map[stock.ID]bool{}, items: map[stock.ID]*itemBook{}, gone: map[stock.ID]bool{}, keys: map[stock.Key]*keyBook{},
		readers: map[string]*readerBook{},
	}
}

func (b *books) failf(format string, args ...any) { b.w.failf(format, args...) }

// stored judges one write of a page.
func (b *books) stored(p *journal.Page) {
	before := b.pages[p.Name]
	b.pages[p.Name] = p
	if o := p.Header.Origin; o != nil && p.Header.Journal != b.tail.Header.Journal {
		if !o.Named {
			b.restating(p, before)
			return
		}
		b.replaced(p.Header.Journal)
	}
	switch {
	case p.Number == 0:
		if before != nil && before.Number != 0 {
			b.failf("page %s lost its number", p.Name)
		}
	case before != nil && unchanged(before, p):
		// Somebody annotated it.
		if b.tail != nil && b.tail.Name == p.Name {
			b.tail = p
		}
	case p.Emptied:
		if before == nil || before.Number >= b.head {
			b.failf("page %s was emptied, which counts: number %d, head %d", p.Name, p.Number, b.head)
		}
		b.w.reach.Emptied++
	case b.tail == nil:
		b.append(p, 0)
	case p.Ref == b.tail.Ref && p.Number == b.tail.Number:
		b.grown(p)
	case p.Number == b.tail.Number+1:
		b.turned(p, before)
	default:
		b.failf("page %s was written as number %d, the tail is %d", p.Name, p.Number, b.tail.Number)
	}
}

func unchanged(a, b *journal.Page) bool {
	return a.UID == b.UID && a.Number == b.Number && a.Emptied == b.Emptied && a.Header.Digest == b.Header.Digest && len(a.Records) == len(b.Records)
}

// grown judges a write that adds to the tail.
func (b *books) grown(p *journal.Page) {
	was := b.tail.Records
	if len(p.Records) < len(was) || !slices.EqualFunc(p.Records[:len(was)], was, bytes.Equal) {
		b.failf("page %d does not go on from what stood on it", p.Number)
		return
	}
	b.append(p, len(was))
}

// turned judges the first write of the page after the tail.
func (b *books) turned(p, before *journal.Page) {
	next := b.tail.Header.Next
	switch {
	case next == nil || *next != p.Ref:
		b.failf("page %d is on %+v, the page before names %v", p.Number, p.Ref, next)
	case before == nil || before.Number >= b.head:
		b.failf("page %d was written over page %d, which counts: the head is %d", p.Number, before.Number, b.head)
	case before.Number > 0:
		b.w.reach.WrittenOver++
	}
	b.append(p, 0)
}

// append takes in the records from index first on, and the header.
func (b *books) append(p *journal.Page, first int) {
	b.tail = p
	marks, err := stock.ParseMarks(p.Header.Marks)
	if err != nil {
		b.failf("page %d: %v", p.Number, err)
		return
	}
	b.w.reach.Appends++
	b.w.archive.wrote(p, first, b.head)
	for _, record := range p.Records[first:] {
		if bytes.Contains(record, []byte(poison)) {
			b.failf("a poisoned record was stored")
		}
		r, err := stock.Decode(record)
		if err != nil {
			b.failf("page %d: %v", p.Number, err)
			return
		}
		b.seq++
		b.w.note("  record %d on page %d: %s", b.seq, p.Number, wordText{r})
		b.record(p.Number, r, marks)
	}
	b.raise(marks)
	if p.Header.Head != b.head {
		b.moveHead(p.Header.Head)
	}
}

// raise judges the marks: each only ever rises, and no clock is beyond its bound.
func (b *books) raise(to stock.Marks) {
	was := b.marks
	if to.At < was.At || to.Outcomes < was.Outcomes || to.Published < was.Published || to.Forgotten < was.Forgotten ||
		to.Gone < was.Gone || to.Items < was.Items {
		b.failf("a mark went back from %s to %s", wordText{was}, wordText{to})
	}
	if to.Outcomes != uint64(len(b.outcomes)) {
		b.failf("the marks say that there are %d outcomes, there are %d", to.Outcomes, len(b.outcomes))
	}
	if to.At > fixture.Moment(b.w.now.Add(maxAhead)) {
		b.failf("a write says that it is of %s", fixture.Clock(to.At))
	}
	for number := was.Published + 1; number <= to.Published; number++ {
		if b.w.delivered[number] == "" {
			b.failf("outcome %d is said to be published and was not delivered", number)
		}
	}
	b.marks = to
}
