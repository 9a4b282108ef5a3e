package stock

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// Who wants every record reads each once, in order, whatever is compacted and however often it
// crashes; or the journal says that it was overtaken, which is only where the log is near its bound.
func TestReaderReadsEverything(t *testing.T) {
	playWalks(t, newWalkReader,
		"restated", "head moves", "forgotten", "read to the end", "waited for", "waited for while the log is compacted",
		"overtaken", "left by the archive", "crash of the archive", "11 of stock.ReadPages",
	)
}

// walkReader wants every record of a walk. It reads the pages that count, as far as they were
// not dropped, and must see each record once unless it finds out that some are gone.
type walkReader struct {
	w    *walk
	rand *rand.Rand
	// registered says that the journal has it, and page which page it has come to there.
	registered bool
	page       uint64
	// stays says that it is to be registered after the batch at hand.
	stays bool
	// stored are the records that are durable where it keeps them, by page; at is the page that
	// it reads. fresh are those of at and later that a crash takes away.
	stored, fresh walkPlace
	slow          bool
}

// walkPlace is how far somebody has read: so many records of a page, and of the history so many.
type walkPlace struct {
	page    uint64
	index   int
	records int
}

func newWalkReader(w *walk, seed int) *walkReader {
	return &walkReader{w: w, rand: rand.New(rand.NewPCG(uint64(seed), 8)), slow: seed%2 == 1}
}

// asks is what it asks for: mostly that it is noted how far it is.
func (a *walkReader) asks() []Request {
	switch n := a.rand.IntN(120); {
	case n == 0 && a.registered:
		return []Request{LeavePages{"archive"}}
	case n < 10 || !a.registered:
		return []Request{ReadPages{"archive", a.stored.page}}
	case n < 15: // what an older process says late, and what nobody can have read
		return []Request{ReadPages{"archive", a.stored.page / 2}, ReadPages{"archive", a.w.tail + 9}}
	default:
		return nil
	}
}

// watch looks at a batch that is about to land: the head must not pass what the reader has not
// come to, but where the log is near its bound.
func (a *walkReader) watch(requests []Request, b Batch) {
	w, bytes := a.w, int64(0)
	for _, record := range b.Records {
		bytes += int64(len(record))
	}
	near := w.policy.Limit > 0 && w.s.stored+bytes > w.policy.Limit/4*3
	page, is := a.after(requests, b)
	a.stays = is
	switch {
	case !is:
	case b.Head > max(page, w.s.Head()) && !near:
		w.t.Fatalf("the head passes page %d, from %d to %d, which the archive has not read", page, w.s.Head(), b.Head)
	case b.Head > max(page, w.s.Head()):
		w.seen["overtaken"]++
	case page == b.Head && w.tail > b.Head+1:
		w.seen["waited for"]++
		if b.Head > w.s.Head() {
			w.seen["waited for while the log is compacted"]++
		}
	}
}

// after is the page that the journal says it has come to after a batch, where it is registered then.
func (a *walkReader) after(requests []Request, b Batch) (page uint64, is bool) {
	if known, ok := a.w.s.pageReaders["archive"]; ok {
		page, is = known.page, true
	}
	for i, request := range requests {
		if b.Answers[i].Verdict != Done {
			continue
		}
		switch r := request.(type) {
		case ReadPages:
			page, is = r.Page, true
		case LeavePages:
			page, is = 0, false
		}
	}
	return page, is
}

// read reads on, stores what it has read, or crashes.
func (a *walkReader) read() {
	w := a.w
	known, is := w.s.pageReaders["archive"]
	if is != a.stays {
		w.t.Fatalf("the archive is registered: %t, want %t", is, a.stays)
	}
	if a.registered && !is {
		w.seen["left by the archive"]++
	}
	if a.registered = is; is {
		if known.page > a.stored.page || known.page < a.page && a.page <= known.page {
			w.t.Fatalf("the journal says page %d of an archive that has stored up to %+v", known.page, a.stored)
		}
		a.page = known.page
	}
	if a.slow && a.rand.IntN(20) > 0 {
		return
	}
	switch a.rand.IntN(6) {
	case 0:
		w.seen["crash of the archive"]++
		a.fresh = a.stored
	case 1, 2:
		a.stored = a.fresh
	default:
		a.follow(1 + a.rand.IntN(40))
	}
}

// follow reads so many records more from the pages that count.
func (a *walkReader) follow(most int) {
	head := a.w.s.Head()
	if a.fresh.page < head && a.lost(head) {
		a.skip(head)
	}
	for _, p := range a.w.pages() {
		if p.Page < a.fresh.page {
			continue
		}
		if p.Page > a.fresh.page {
			a.fresh.page, a.fresh.index = p.Page, 0
		}
		for _, record := range p.Records[a.fresh.index:] {
			if most--; most < 0 {
				return
			}
			if want := a.w.record(a.fresh.records); !bytes.Equal(record, want) {
				a.w.t.Fatalf("record %d of the history is read as another one, on page %d", a.fresh.records, p.Page)
			}
			a.fresh.index, a.fresh.records = a.fresh.index+1, a.fresh.records+1
		}
	}
	if a.fresh.records != a.w.records(1<<62) {
		a.w.t.Fatalf("%d records were read of %d", a.fresh.records, a.w.records(1<<62))
	}
	a.w.seen["read to the end"]++
}

// lost tells whether records before a page were dropped that the reader has not read: what it
// finds out by the number of records before the head that the head's header states.
func (a *walkReader) lost(head uint64) bool { return a.w.records(head) > a.fresh.records }

// skip goes on beyond a gap. It must have been told: it was not registered, or overtaken.
func (a *walkReader) skip(head uint64) {
	if known, is := a.w.s.pageReaders["archive"]; is && known.page >= head {
		a.w.t.Fatalf("records before page %d are gone, and the journal does not say that the archive was overtaken", head)
	}
	a.fresh = walkPlace{page: head, records: a.w.records(head)}
}

// records is how many the history has before a page.
func (w *walk) records(page uint64) (n int) {
	for _, write := range w.history {
		if write.Page < page {
			n += len(write.Records)
		}
	}
	return n
}

// record is one of the history.
func (w *walk) record(n int) []byte {
	for _, write := range w.history {
		if n < len(write.Records) {
			return write.Records[n]
		}
		n -= len(write.Records)
	}
	return nil
}
