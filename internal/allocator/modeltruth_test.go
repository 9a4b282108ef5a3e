package allocator

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// truth is the oracle's own idea of the journal, made from the writes that land. It is a
// plain value: worlds copy it.
type truth struct {
	// identity is zero while there is no journal.
	identity journal.Identity
	// tail is the page with the highest number, next where the journal goes on after it.
	tail   journal.Ref
	number uint64
	next   journal.Ref
	// end is the digest over all records.
	end   string
	head  uint64
	marks stock.Marks
	carts [4]cart
	items [2]stocked
	// consumed are the units ever shipped, consumedAt the page that says so.
	consumed   int64
	consumedAt uint64
	// harmed says that people have taken away or edited what counts; ended that the journal
	// can go on nowhere; lost that everything went, page and ledger, so that nothing is
	// promised any more.
	harmed, ended, lost bool
	// meddled says that people have deleted or edited anything that was not to be.
	meddled bool
	// accepted says that a person has accepted a loss.
	accepted bool
	// repairs are the pages of journals that are made in place of the damaged one, as they
	// were written last.
	repairs []*journal.Page
	appends int
}

// cart is one cart.
type cart struct {
	// time is that of its command, 0 before that was sent.
	time, at    stock.Time
	phase       stock.Phase
	outcome     string
	units       int64
	home        uint64
	number      uint64
	over        stock.Time
	forgotten   bool
	hasTold     bool
	toldOutcome string
}

// stocked is one StockItem as the journal has it, and the most units that its status was
// ever seen to show and still declares.
type stocked struct {
	known, gone, shown bool
	// takesOver is its owner's word, and waits that it serves nothing without it.
	takesOver, waits  bool
	name              string
	created           stock.Time
	generation        int64
	version           uint64
	received, allowed int64
	home              uint64
}

// appended looks at a write that landed.
func (t *truth) appended(w *world, before, after *journal.Page) {
	t.appends++
	var records [][]byte
	if o := after.Header.Origin; o != nil && after.Header.Journal != t.identity {
		if !o.Named {
			t.restatedPage(w, before, after)
			return
		}
		t.replaced(w, after)
		if w.failure != "" {
			return
		}
	}
	switch {
	case t.identity == journal.Identity{}:
		records = t.begin(w, before, after)
	case after.Header.Journal != t.identity:
		w.fail("a journal is founded though there is one: %s", where(after))
	case t.ended:
		w.fail("an append lands though the journal has ended: %s", where(after))
	case after.Number == t.number && t.next == (journal.Ref{}):
		records = t.grown(w, before, after)
	case after.Number == t.number+1 && t.next == after.Ref:
		records = t.turned(w, before, after)
	default:
		w.fail("an append lands where the journal does not go on: %s, though it goes on upon %v", where(after), t.place())
	}
	if w.failure != "" {
		return
	}
	t.tail, t.number, t.next, t.end = after.Ref, after.Number, journal.Ref{}, endOf(after)
	if after.Header.Next != nil {
		t.next = *after.Header.Next
		t.named(w)
	}
	t.take(w, after, records)
}

func (t *truth) place() journal.Ref {
	if t.next != (journal.Ref{}) {
		return t.next
	}
	return t.tail
}

func where(p *journal.Page) string {
	return p.Name + " by " + p.Header.Leader.Name
}

// begin takes in the first write of a journal.
func (t *truth) begin(w *world, before, after *journal.Page) [][]byte {
	w.reach("a journal is founded")
	if after.Name != journal.PageName(0) || after.Number != 1 || !before.Blank() {
		w.fail("a journal begins on %s, number %d", after.Name, after.Number)
	}
	t.identity = journal.Identity{Journal: after.UID, Namespace: w.server.Namespace.UID}
	if after.Header.Journal != t.identity {
		w.fail("a journal is founded as %v and not %v", after.Header.Journal, t.identity)
	}
	if l := w.server.Ledger; l.Names != t.identity && w.left.ledgers == w.cfg.budget.ledgers && !w.cfg.going {
		w.fail("a journal begins before the StockLedger names it: that names %v", l.Names)
	}
	return after.Records
}

// grown takes in a write upon the last page, which has to keep what was there.
func (t *truth) grown(w *world, before, after *journal.Page) [][]byte {
	n := len(before.Records)
	if after.Ref != t.tail || len(after.Records) < n || after.Header.Before != before.Header.Before {
		w.fail("the last page is written anew: %s", where(after))
		return nil
	}
	for i, record := range before.Records {
		if !bytes.Equal(record, after.Records[i]) {
			w.fail("record %d of the last page is written anew: %s", i, where(after))
		}
	}
	return after.Records[n:]
}

// turned takes in the first write upon a page.
func (t *truth) turned(w *world, before, after *journal.Page) [][]byte {
	if before.Number > 0 {
		w.reach("a page is written over")
	}
	if before.Emptied {
		w.reach("an emptied page is written over")
	}
	if before.Number >= max(t.head, 1) {
		w.fail("page number %d is written over though the head is %d: %s", before.Number, t.head, where(after))
	}
	if after.Header.Before != t.end {
		w.fail("page number %d does not follow what is stored: %s", after.Number, where(after))
	}
	return after.Records
}

// named looks at the page where the journal goes on from now on: nothing may count there.
func (t *truth) named(w *world) {
	p := w.server.Pages[t.next.Name]
	if p == nil || p.UID != t.next.UID {
		t.harmed, t.ended = true, true // people deleted it before
	}
	if p != nil && p.UID == t.next.UID && p.Number >= max(w.server.Pages[t.tail.Name].Header.Head, 1) {
		w.fail("page number %d is named next, though it counts", p.Number)
	}
	if t.next == t.tail {
		w.fail("the last page names itself next")
	}
}

// emptied looks at a page from which the content was taken.
func (t *truth) emptied(w *world, before *journal.Page) {
	if t.harmed && before.Ref == t.place() || t.accepted {
		w.reach("an edited page is emptied")
		t.harmed, t.ended = true, true
		return
	}
	if before.Number >= max(t.head, 1) {
		w.fail("page number %d is emptied though the head is %d", before.Number, t.head)
	}
}

// deleted and edited note what people do to pages that count.
func (t *truth) deleted(p *journal.Page) { t.hurt(p) }
func (t *truth) edited(p *journal.Page)  { t.hurt(p) }

func (t *truth) hurt(p *journal.Page) {
	t.meddled = true
	switch {
	case t.identity == journal.Identity{}:
	case p.Written() && p.Broken == "" && p.Header.Journal != t.identity && p.Ref != t.place() && p.Ref != t.tail:
	case p.Ref == t.place():
		t.harmed, t.ended = true, true
	case p.Number >= t.head && !p.Emptied && p.Number > 0, p.Ref == t.tail:
		t.harmed = true
	}
}

// endNamespace forgets what was promised in a namespace that is gone.
func (t *truth) endNamespace() {
	*t = truth{appends: t.appends, meddled: t.meddled}
}

// endOf is the digest over all records up to the end of a page, by code of its own.
func endOf(p *journal.Page) string {
	end, _ := hex.DecodeString(p.Header.Before)
	for _, record := range p.Records {
		text := binary.BigEndian.AppendUint64(bytes.Clone(end), uint64(len(record)))
		sum := sha256.Sum256(append(text, record...))
		end = sum[:]
	}
	return hex.EncodeToString(end)
}
