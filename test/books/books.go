package books

import (
	"bytes"
	"cmp"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Books are the account of one namespace. They are not safe for concurrent use.
type Books struct {
	violated func(format string, arguments ...any)

	// Journal identifies the journal that is followed.
	Journal journal.Identity
	// At is the place of the last record.
	At Place
	// Head is the number of the first page that counts, Marks are those of the last write.
	Head  uint64
	Marks stock.Marks
	// Leaders counts the writes of each process that led, Terms its terms.
	Leaders, Terms map[string]int
	// Records counts those that were judged, Decided the carts.
	Records, Decided int
	// Turned counts the pages that were written over.
	Turned int

	// tail are the records of the last page, and version is that of the write at hand.
	tail    [][]byte
	version uint64
	// whole says that the books began with the journal, so that every record can be judged:
	// what counts at the head may be stated on a later page.
	whole bool
	// before are the books of the journal that this one replaces, until that has begun to
	// decide. Until then pages are kept by uid: whoever restates it may begin again.
	before  *Books
	pages   map[string]journal.Page
	founded bool
	// Restore is how far what another journal knew is taken in. While it is awaited or half here,
	// no cart is decided.
	Restore stock.RestoreStage
	// Outcome is told of each cart that is decided; nil tells nobody.
	Outcome func(*stock.Reservation)
	// Lossy says that a repair may lose what was told.
	Lossy bool

	carts  map[stock.ID]*cart
	byName map[string]*cart
	items  map[stock.ID]*item
	places map[stock.Key]*place
}

// New are books in which nothing is written. What is wrong is told to violated.
func New(violated func(format string, arguments ...any)) *Books {
	b := &Books{violated: violated}
	b.clear()
	return b
}

func (b *Books) clear() {
	b.Journal, b.At, b.Head, b.Marks, b.tail = journal.Identity{}, Place{}, 0, stock.Marks{}, nil
	b.Leaders, b.Terms, b.founded, b.Restore = map[string]int{}, map[string]int{}, false, 0
	b.carts, b.byName, b.items, b.places = map[stock.ID]*cart{}, map[string]*cart{}, map[stock.ID]*item{}, map[stock.Key]*place{}
}

// Read are the books of pages that were listed at one version. They begin at the head.
func Read(pages []journal.Page, violated func(format string, arguments ...any)) *Books {
	b := New(violated)
	counting, problem := journal.LivePages(pages)
	if problem != "" {
		violated("the journal is damaged: %s", problem)
	}
	for _, p := range counting {
		b.Page(*p)
	}
	return b
}

// Page takes in the next version of a page.
func (b *Books) Page(p journal.Page) {
	if !p.Written() || p.Broken != "" {
		return // blank or emptied; what was edited does not count
	}
	if p.Header.Journal != b.Journal {
		b.begin(p)
	}
	b.version = p.Version
	if b.before != nil {
		b.restating(p)
		return
	}
	b.page(p)
}

// restating reads a journal anew that is not founded yet, each time that something is
// written.
func (b *Books) restating(p journal.Page) {
	pages, before, lossy, outcome := b.pages, b.before, b.Lossy, b.Outcome
	pages[p.UID] = p
	b.clear()
	b.Journal, b.At = p.Header.Journal, Place{Journal: p.Header.Journal.Journal[:placeDigits]}
	b.pages, b.before, b.Lossy, b.Outcome = pages, before, lossy, outcome
	next, ok := firstOf(pages, b.Journal)
	for ok {
		b.page(next)
		if next.Header.Next == nil {
			break
		}
		number := next.Number + 1
		next, ok = pages[next.Header.Next.UID]
		ok = ok && next.Number == number
	}
}

// firstOf is a journal's page with the lowest number.
func firstOf(pages map[string]journal.Page, of journal.Identity) (first journal.Page, ok bool) {
	for _, p := range pages {
		if p.Header.Journal == of && (!ok || p.Number < first.Number) {
			first, ok = p, true
		}
	}
	return first, ok
}

// page takes in the next version of a page of the journal that is followed.
func (b *Books) page(p journal.Page) {
	switch {
	case b.At.Page == 0:
		b.whole = p.Number == 1 && p.Header.Head == 1 || b.before != nil
		b.Head = p.Header.Head
		b.turn(p)
	case p.Number == b.At.Page && len(p.Records) >= len(b.tail):
		b.grow(p)
	case p.Number == b.At.Page+1:
		b.turn(p)
	case p.Number > b.At.Page:
		b.violated("page %d came after page %d", p.Number, b.At.Page)
	default:
		return // only its metadata changed
	}
	b.header(p)
}

// begin begins another journal.
func (b *Books) begin(p journal.Page) {
	before, pages := *b, b.pages
	if b.before != nil { // not founded: nothing of it counts
		before = *b.before
	}
	b.clear()
	b.before, b.pages = nil, nil
	if before.Journal.Journal != "" && before.Journal.Namespace == p.Header.Journal.Namespace {
		if b.before, b.pages = &before, pages; pages == nil {
			b.pages = map[string]journal.Page{}
		}
	}
	b.Journal = p.Header.Journal
	b.At = Place{Journal: b.Journal.Journal[:placeDigits]}
}

// grow takes in what a write has added to the tail.
func (b *Books) grow(p journal.Page) {
	for i, known := range b.tail {
		if !bytes.Equal(known, p.Records[i]) {
			b.violated("record %d of page %d was written over", i, p.Number)
			return
		}
	}
	b.take(p, len(b.tail))
}

// turn takes in the first write of the next page.
func (b *Books) turn(p journal.Page) {
	if p.Name != "journal-0" || p.Number != 1 {
		b.Turned++
	}
	b.At.Page, b.At.Index, b.tail = p.Number, 0, nil
	b.take(p, 0)
}

func (b *Books) take(p journal.Page, from int) {
	b.tail = p.Records
	for i := from; i < len(p.Records); i++ {
		b.At.Index = i + 1
		record, err := stock.Decode(p.Records[i])
		if err != nil {
			b.violated("record %d of page %d: %v", i, p.Number, err)
			continue
		}
		b.Records++
		b.record(record)
	}
}

// header takes in what a write says of the whole journal.
func (b *Books) header(p journal.Page) {
	b.Leaders[p.Header.Leader.Name]++
	marks, err := stock.ParseMarks(p.Header.Marks)
	if err != nil {
		b.violated("page %d: %v", p.Number, err)
		return
	}
	for name, fell := range map[string]bool{
		"at": marks.At < b.Marks.At, "outcomes": marks.Outcomes < b.Marks.Outcomes, "published": marks.Published < b.Marks.Published,
		"forgotten": marks.Forgotten < b.Marks.Forgotten, "gone": marks.Gone < b.Marks.Gone, "items": marks.Items < b.Marks.Items,
	} {
		if fell {
			b.violated("the mark %q fell at %s from %+v to %+v", name, b.At, b.Marks, marks)
		}
	}
	b.Marks = marks
	switch {
	case p.Header.Head < b.Head:
		b.violated("the head went from page %d back to %d", b.Head, p.Header.Head)
	case p.Header.Head > b.Head:
		b.Head = p.Header.Head
		b.checkHead()
	}
}

// record judges one record and takes it in.
func (b *Books) record(record stock.Record) {
	switch r := record.(type) {
	case *stock.Term:
		b.Terms[r.Leader]++
		b.rules()
	case *stock.ItemRecord:
		b.putItem(r)
	case *stock.ItemGone:
		b.dropItem(r)
	case *stock.Reserved:
		b.notHeldBack(r.ID)
		b.reserved(&r.Reservation)
	case *stock.Refused:
		b.notHeldBack(r.ID)
		b.refused(r)
	case *stock.Released:
		b.change(&r.Change, nil, func(c *stock.Reservation) { c.ReleasedBy = cmp.Or(r.Actor, c.ReleasedBy) })
	case *stock.Consumed:
		b.change(&r.Change, r.Totals, func(c *stock.Reservation) { c.ConsumedBy = cmp.Or(r.Actor, c.ConsumedBy) })
	case *stock.Extended:
		b.amend(r.Reservation, func(c *stock.Reservation) {
			if c.FirstExpires == 0 {
				c.FirstExpires = c.Expires
			}
			c.Expires = r.Expires
		})
	case *stock.Ordered:
		b.amend(r.Reservation, func(c *stock.Reservation) { c.LaterOrder = r.Order })
	case *stock.Shown:
		b.amend(r.Reservation, func(c *stock.Reservation) { c.Object = r.Object })
	case *stock.Cart:
		b.restated(&r.Reservation)
	case *stock.TotalRecord:
		b.restatedTotal(r.Total)
	case *stock.Founded:
		b.founded = true
	case *stock.RestoreRecord:
		b.Restore = r.Stage
	}
}

// notHeldBack judges that a cart is decided with all that another journal knew, or none of it.
func (b *Books) notHeldBack(id stock.ID) {
	if b.Restore == stock.RestoreAwaited || b.Restore == stock.RestoreBegun {
		b.violated("%s is decided at %s, and what is to be restored is not here", id, b.At)
	}
}

// rules compares what a journal that replaces a damaged one begins with, when it begins to
// decide.
func (b *Books) rules() {
	before := b.before
	if before == nil || !b.founded {
		return
	}
	b.before, b.pages = nil, nil
	if b.Lossy {
		return
	}
	for id, was := range before.carts {
		if before.forgotten(was) {
			continue
		}
		if is := b.carts[id]; is == nil {
			b.violated("the repair lost %s: it was %+v", id, *was.last())
		} else if !same(was.last(), is.last()) {
			b.violated("the repair changed %s from %+v to %+v", id, *was.last(), *is.last())
		}
	}
	for key, was := range before.places {
		if is := b.at(key); is.consumed != was.consumed || is.reserved != was.reserved {
			b.violated("the repair changed the sums of %v from %d reserved, %d consumed to %d and %d",
				key, was.reserved, was.consumed, is.reserved, is.consumed)
		}
	}
}
