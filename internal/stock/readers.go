package stock

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

const (
	// pagesPrefix begins the names, among all readers, of those that want every record. The
	// position of one is the number of the page that it has come to: it has read all before.
	pagesPrefix = "pages/"
	// MaxPageReaders is how many of them there may be.
	MaxPageReaders = 8
	// MaxReaderName bounds their names, in bytes.
	MaxReaderName = 40
)

// PageReader is somebody who wants every record, such as an archive, and how far it is.
type PageReader struct {
	Name string
	// Page is the number of the page that it has come to. What is before the head it will
	// never read.
	Page uint64
	// Records are those of that page and of all after it, and Bytes what they take, encoded.
	Records, Bytes int64
	// Since is about when the journal went on beyond that page, 0 where it did not.
	Since Time
}

// Overtaken tells whether records are gone that it may not have read.
func (r PageReader) Overtaken(head uint64) bool { return r.Page < head }

// PageReaders returns those who want every record, by their names.
func (s *State) PageReaders() []PageReader {
	all := make([]PageReader, 0, len(s.pageReaders))
	for name, known := range s.pageReaders {
		r := PageReader{Name: name, Page: known.page}
		for _, p := range s.pages {
			if p.number < r.Page {
				continue
			}
			r.Records, r.Bytes = r.Records+p.records, r.Bytes+p.encoded
			if r.Since == 0 && p.number > r.Page {
				r.Since = p.begun
			}
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b PageReader) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// ReadPages says that a reader wants every record and has read all pages before this one.
type ReadPages struct {
	Reader string
	Page   uint64
}

// LeavePages says that a reader wants nothing any more.
type LeavePages struct{ Reader string }

func (ReadPages) request()  {}
func (LeavePages) request() {}

// readPages notes how far a reader has come. It never goes back, and to no page that the
// journal has not come to.
func (d *draft) readPages(request ReadPages) Answer {
	known, ok := d.state.pageReaders[request.Reader]
	switch {
	case ok && request.Page <= known.page:
		return Answer{Verdict: Repeated}
	case request.Page > d.page.number:
		return Answer{Verdict: Premature}
	case !ok && (len(d.state.pageReaders) >= MaxPageReaders || request.Reader == "" || len(request.Reader) > MaxReaderName):
		return Answer{Verdict: TooLarge}
	}
	record := &ReaderRecord{Name: pagesPrefix + request.Reader, Position: fmt.Sprint(request.Page), At: d.now}
	return Answer{Verdict: d.write(record)}
}

// leavePages takes a reader off.
func (d *draft) leavePages(request LeavePages) Answer {
	if _, ok := d.state.pageReaders[request.Reader]; !ok {
		return Answer{Verdict: Repeated}
	}
	return Answer{Verdict: d.write(&ReaderRecord{Name: pagesPrefix + request.Reader, At: d.now})}
}

// WantsPages tells whether a reader's record is of one that wants every record, and which.
func (r *ReaderRecord) WantsPages() (reader string, is bool) {
	return strings.CutPrefix(r.Name, pagesPrefix)
}

// comeTo is the page that a position names. What is no number keeps everything.
func comeTo(position string) uint64 {
	var page uint64
	if _, err := fmt.Sscan(position, &page); err != nil {
		return 0
	}
	return page
}

// unread is the first page that somebody has not read for whom it is kept: neither while the
// log is near its bound nor up to a page that was lost is anybody waited for.
func (s *State) unread(policy Policy) uint64 {
	first := uint64(math.MaxUint64)
	if policy.Limit > 0 && s.storedSoon() > policy.readersLimit() {
		return first
	}
	for _, r := range s.pageReaders {
		first = min(first, r.page)
	}
	if policy.lost(s.head) {
		first = max(first, policy.Through+1)
	}
	return first
}

// readersLimit is how large, stored, the log may become for readers: they are let behind
// before anything is forgotten early.
func (p Policy) readersLimit() int64 { return p.Limit / 4 * 3 }

// dropReader forgets a reader that was not stated again. It is for Apply only.
func (s *State) dropReader(r *reader) {
	delete(s.readers, r.name)
	if own, pages := strings.CutPrefix(r.name, pagesPrefix); pages {
		delete(s.pageReaders, own)
	}
	r.home = nil
}
