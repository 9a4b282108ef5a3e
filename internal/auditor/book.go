package auditor

import (
	"cmp"
	"fmt"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Book is what the records of a journal say, added up one by one, and what in them cannot
// be. It remembers where in the journal each thing was changed last. It is pure, and not
// safe for concurrent use.
type Book struct {
	journal journal.Identity
	// at is the place up to which records were read, head the first page that counts there.
	at   place
	head uint64
	// began is where the first record read stands: of what was changed before that, no
	// place is known.
	began place
	// published are the outcomes that the newest header read says were delivered.
	published uint64
	// complete says that everything that counts is known, and not only the oldest pages of it.
	complete bool

	carts   map[stock.ID]*cart
	items   map[stock.ID]*item
	stocks  map[stock.Key]*locationStock
	readers map[string]reader
	// homes are the carts whose last whole statement is, or was, on a page.
	homes map[uint64][]stock.ID
	// held is the number of carts that are open.
	held int64
	// changedUnstated is where something changed that is stated as a whole only later.
	changedUnstated map[stock.ID]place
	// goneUnknown is where a StockItem was deleted that is stated nowhere: another may have
	// begun to serve then.
	goneUnknown place
	// restore is how far what another journal knew is taken in: while it is, carts and totals are
	// stated here for the first time.
	restore stock.RestoreStage
	// withheld is where that changed last whether anything is available.
	withheld place

	found []Difference
	// more is how many contradictions there are that are not kept in found.
	more int
}

type reader struct {
	position string
	home     uint64
}

// maxContradictions bounds what is kept of what the journal contradicts itself in.
const maxContradictions = 100

// NewBook returns the book of a journal whose first page that counts is head.
func NewBook(of journal.Identity, head uint64) *Book {
	return &Book{
		journal: of, head: head, at: place{head, 0}, began: place{head, 0},
		// What was never compacted is known from its beginning.
		complete: head <= 1,
		carts:    map[stock.ID]*cart{}, items: map[stock.ID]*item{}, stocks: map[stock.Key]*locationStock{},
		readers: map[string]reader{}, homes: map[uint64][]stock.ID{}, changedUnstated: map[stock.ID]place{},
	}
}

// Add takes in the next record of the journal. head is what the page's header says: by its
// last record at the latest, nothing before that page counts.
func (b *Book) Add(page uint64, index int, head uint64, encoded []byte) error {
	record, err := stock.Decode(encoded)
	if err != nil {
		return fmt.Errorf("page %d, record %d: %w", page, index, err)
	}
	b.at = place{page, index + 1}
	switch r := record.(type) {
	case *stock.Reserved:
		b.outcome(&r.Reservation, head)
	case *stock.Refused:
		b.refusals(r.Counts)
		b.outcome(&r.Reservation, head)
	case *stock.Cart:
		b.restate(&r.Reservation)
	case *stock.Released:
		b.change(&r.Change, nil, func(to *stock.Reservation) { to.ReleasedBy = cmp.Or(r.Actor, to.ReleasedBy) })
	case *stock.Consumed:
		b.change(&r.Change, r.Totals, func(to *stock.Reservation) { to.ConsumedBy = cmp.Or(r.Actor, to.ConsumedBy) })
	case *stock.Extended:
		b.extend(r)
	case *stock.Ordered:
		b.amend(r.Reservation, func(to *stock.Reservation) { to.LaterOrder = r.Order })
	case *stock.Shown:
		b.amend(r.Reservation, func(to *stock.Reservation) { show(to, r.Object) })
	case *stock.ItemRecord:
		b.putItem(r)
	case *stock.ItemGone:
		b.dropItem(r)
	case *stock.TotalRecord:
		b.total(r.Total, nil)
	case *stock.ReaderRecord:
		b.read(r)
	case *stock.RestoreRecord:
		b.restoreTo(r.Stage)
	case *stock.Term, *stock.Founded:
		// They say nothing of stock.
	default:
		return fmt.Errorf("page %d, record %d: a record of type %T", page, index, record)
	}
	return nil
}

// Pass goes on to a page, where what stands before head counts no more: what was not
// stated again since is forgotten.
func (b *Book) Pass(head uint64) {
	if head <= b.head {
		return
	}
	for page := range b.homes {
		if page < head {
			b.forgetPage(page)
		}
	}
	b.head = head
	for name, r := range b.readers {
		if r.home < head {
			b.contradict(KindJournal, "reader "+name, "page of its last statement", fmt.Sprintf("%d or later", head), fmt.Sprint(r.home))
			delete(b.readers, name)
		}
	}
	for uid, i := range b.items {
		if i.home < head {
			b.contradict(KindJournal, "StockItem "+i.Name, "page of its last statement", fmt.Sprintf("%d or later", head), fmt.Sprint(i.home))
			b.removeItem(uid)
		}
	}
	for key, s := range b.stocks {
		if s.counted && s.home < head {
			b.contradict(KindJournal, describe(key), "page of its last total", fmt.Sprintf("%d or later", head), fmt.Sprint(s.home))
			s.counted, s.consumed = false, 0
		}
	}
}

// forgetPage forgets the carts whose home a page is. What somebody may still ask for, or
// wait for, must not be among them.
func (b *Book) forgetPage(page uint64) {
	for _, id := range b.homes[page] {
		c, known := b.carts[id]
		if !known || c.home != page {
			continue
		}
		switch {
		case c.open:
			b.contradict(KindDecision, "Reservation "+string(id), "held", "remembered", "forgotten")
		case c.number > b.published:
			b.contradict(KindDecision, "Reservation "+string(id), "outcome", "delivered before it is forgotten", "undelivered")
		case c.live:
			b.contradict(KindDecision, "Reservation "+string(id), "object", "gone before it is forgotten", "there")
		}
		b.remove(id)
	}
	delete(b.homes, page)
}

func (b *Book) restoreTo(stage stock.RestoreStage) {
	was := b.holdsBack()
	if b.restore = stage; b.holdsBack() != was {
		b.withheld = b.at
	}
}

// holdsBack tells whether nothing is sold before what another journal knew is here.
func (b *Book) holdsBack() bool {
	return b.restore == stock.RestoreAwaited || b.restore == stock.RestoreBegun
}

// contradict notes that the journal says what cannot be.
func (b *Book) contradict(kind Kind, object, figure, expected, found string) {
	if len(b.found) >= maxContradictions {
		b.more++
		return
	}
	b.found = append(b.found, Difference{Kind: kind, Object: object, Figure: figure, Expected: expected, Found: found})
}

// stated returns where something that is stated as a whole for the first time was changed
// last, as far as that is known.
func (b *Book) stated(id stock.ID) place {
	at, changed := b.changedUnstated[id]
	delete(b.changedUnstated, id)
	if !changed {
		return b.began
	}
	return at
}
