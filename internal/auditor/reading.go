package auditor

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// reading is a Book in the making, and the pages that are read and not added to it yet.
type reading struct {
	pages     pageReader
	namespace string
	book      *Book

	// ahead are records behind the book's place, in the order of the journal.
	ahead []segment
	// passed is the segment that was added last as a whole.
	passed segment
	// tail is the page up to which was read, and how much of it.
	tail struct {
		journal.Ref
		number uint64
		first  uint64
		// records is how many of it were read, sum what stands for them.
		records int
		sum     uint64
	}
	// newest is what the newest header says, and oldest what that did with which the book began.
	newest, oldest struct {
		head  uint64
		marks stock.Marks
	}
}

// segment are records that follow each other on a page.
type segment struct {
	page      uint64
	index     int
	records   [][]byte
	head      uint64
	published uint64
}

// damageError says that what is stored is no sound journal.
type damageError struct{ reason string }

func (e *damageError) Error() string { return "the pages are no sound journal: " + e.reason }

var (
	// errNone says that there is no journal.
	errNone = errors.New("there is no journal")
	// errOverwritten says that pages were written over before they could be read.
	errOverwritten = errors.New("pages were written over before they were read")
)

// open reads all pages at one version and replays those that count.
func open(ctx context.Context, pages pageReader, namespace string) (*reading, error) {
	listed, err := pages.list(ctx, namespace)
	if err != nil {
		return nil, err
	}
	counting, problem := journal.LivePages(listed)
	switch {
	case problem != "":
		return nil, &damageError{problem}
	case len(counting) == 0:
		return nil, errNone
	}
	newest := counting[len(counting)-1]
	marks, err := stock.ParseMarks(newest.Header.Marks)
	if err != nil {
		return nil, &damageError{err.Error()}
	}
	r := &reading{pages: pages, namespace: namespace, book: NewBook(newest.Header.Journal, newest.Header.Head)}
	r.book.published = marks.Published
	for _, p := range counting {
		if p.Header.Journal != newest.Header.Journal {
			return nil, &damageError{"pages of two journals are there"}
		}
		if err := r.add(segment{page: p.Number, records: p.Records, head: newest.Header.Head, published: marks.Published}); err != nil {
			return nil, err
		}
		if p != newest {
			p.Records, p.Blob = nil, nil // they may be many
		}
	}
	r.book.complete = true
	r.arrive(newest, marks)
	r.oldest = r.newest
	return r, nil
}

// arrive makes a page the one up to which was read.
func (r *reading) arrive(p *journal.Page, marks stock.Marks) {
	r.tail.Ref, r.tail.number, r.tail.first = p.Ref, p.Number, p.Header.First
	r.tail.records, r.tail.sum = len(p.Records), sumOf(p.Records)
	r.newest.head, r.newest.marks = p.Header.Head, marks
}

// follow reads what was written since. What it reads includes all that was durable when it
// was called.
func (r *reading) follow(ctx context.Context) error {
	for name := r.tail.Name; name != ""; {
		p, err := r.pages.get(ctx, r.namespace, name)
		if err != nil {
			return err
		}
		if name, err = r.take(p); err != nil {
			return err
		}
	}
	return nil
}

// take takes in a page as it is now: the tail, or the one that follows it. It returns the
// name of the page that is to be read next, if any.
func (r *reading) take(p *journal.Page) (next string, err error) {
	switch {
	case p == nil:
		return "", &damageError{"a page that counts is missing"}
	case p.UID == r.tail.UID && p.Number == r.tail.number:
		return r.more(p)
	case p.UID == r.tail.UID:
		return "", errOverwritten
	case p.Broken == "" && (!p.Written() || p.Number < r.tail.number):
		return "", nil // it is free: nothing was written there yet
	case p.Broken == "" && p.Number != r.tail.number+1:
		return "", errOverwritten
	default:
		return r.goOn(p)
	}
}

// more takes in what was added to the tail.
func (r *reading) more(p *journal.Page) (next string, err error) {
	marks, err := r.sound(p)
	if err != nil {
		return "", err
	}
	if len(p.Records) < r.tail.records || sumOf(p.Records[:r.tail.records]) != r.tail.sum {
		return "", &damageError{"records of page " + p.Name + " were edited"}
	}
	r.queue(p, r.tail.records, marks)
	r.arrive(p, marks)
	return nextOf(p), nil
}

// goOn takes in the page after the tail.
func (r *reading) goOn(p *journal.Page) (next string, err error) {
	marks, err := r.sound(p)
	if err != nil {
		return "", err
	}
	if p.Header.First != r.tail.first+uint64(r.tail.records) {
		return "", &damageError{"page " + p.Name + " does not follow the page before"}
	}
	r.queue(p, 0, marks)
	r.arrive(p, marks)
	return nextOf(p), nil
}

func nextOf(p *journal.Page) string {
	if p.Header.Next == nil {
		return ""
	}
	return p.Header.Next.Name
}

// sound checks a page by itself.
func (r *reading) sound(p *journal.Page) (stock.Marks, error) {
	counting, problem := journal.LivePages([]journal.Page{*p})
	if len(counting) == 0 {
		return stock.Marks{}, &damageError{problem}
	}
	if p.Header.Journal != r.book.journal {
		return stock.Marks{}, &damageError{"page " + p.Name + " is of another journal"}
	}
	marks, err := stock.ParseMarks(p.Header.Marks)
	if err != nil {
		return marks, &damageError{err.Error()}
	}
	return marks, nil
}

func (r *reading) queue(p *journal.Page, from int, marks stock.Marks) {
	if from > 0 && from == len(p.Records) && p.Header.Head == r.newest.head {
		return
	}
	r.ahead = append(r.ahead, segment{
		page: p.Number, index: from, records: p.Records[from:], head: p.Header.Head, published: marks.Published,
	})
}

// waiting is how many records were read that the book does not have yet.
func (r *reading) waiting() (records int) {
	for _, s := range r.ahead {
		records += len(s.records)
	}
	return records
}

// shorten adds all that was read to the book, if more than that many records wait to be added.
func (r *reading) shorten(most int) error {
	if r.waiting() <= most {
		return nil
	}
	return r.advance(r.end())
}

// end is the place up to which was read.
func (r *reading) end() place { return place{r.tail.number, r.tail.records} }

// advance brings the book to a place, as far as was read. What the head of a page leaves
// behind is forgotten only beyond the place at which its header was read: before that, the
// head may have been another.
func (r *reading) advance(to place) error {
	for len(r.ahead) > 0 {
		s := &r.ahead[0]
		if !to.covers(place{s.page, s.index}) {
			return nil
		}
		count := len(s.records)
		if s.page == to.page {
			count = min(count, to.index-s.index)
		}
		if count > 0 || s.page > r.book.at.page {
			r.book.published = max(r.book.published, r.passed.published)
			r.book.Pass(r.passed.head)
		}
		some := *s
		some.records = s.records[:count]
		if err := r.add(some); err != nil {
			return err
		}
		s.index, s.records = s.index+count, s.records[count:]
		if len(s.records) > 0 {
			return nil
		}
		r.passed = *s
		r.ahead = slices.Delete(r.ahead, 0, 1)
	}
	return nil
}

func (r *reading) add(s segment) error {
	for i, record := range s.records {
		if err := r.book.Add(s.page, s.index+i, s.head, record); err != nil {
			return &damageError{fmt.Sprintf("a record cannot be read: %v", err)}
		}
	}
	r.book.at = place{s.page, s.index + len(s.records)}
	return nil
}

var seed = maphash.MakeSeed()

// sumOf stands for records.
func sumOf(records [][]byte) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, record := range records {
		_, _ = h.Write(record) // never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}
