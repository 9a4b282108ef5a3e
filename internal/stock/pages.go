package stock

import (
	"cmp"
	"slices"
)

// page is what State knows of one page of the journal: its size, and what has its home
// there. A thing's home is the page of its last whole statement; the lists may still have
// what has moved on.
type page struct {
	number uint64
	// encoded are the bytes of its records, stored those of its blob.
	encoded, stored int64
	// records are how many it has, and begun is about when the first was written.
	records int64
	begun   Time

	carts   []*cart
	items   []*item
	totals  []*locationStock
	readers []*reader
	restore *restoring

	// keep are the encoded bytes of what has to be restated before the head may pass.
	keep int64
	// refused and finished are carts that may be forgotten one day.
	refused, finished ended
}

// ended sums up carts that may be forgotten. The latest of each ever counted is kept: what
// has moved on makes it later than need be, never earlier.
type ended struct {
	bytes int64
	// decided is the latest time of a decision or command, over the latest end.
	decided, over Time
	// mark and gone are what the marks must reach before these carts are forgotten.
	mark Time
	gone uint64
}

// class says why a cart's bytes count.
type class uint8

const (
	classKeep class = iota
	classRefused
	classFinished
)

// count adds bytes of a cart to a page, or takes them off.
func (p *page) count(kind class, bytes int64, r *Reservation) {
	var sum *ended
	switch kind {
	case classRefused:
		sum = &p.refused
	case classFinished:
		sum = &p.finished
	default:
		p.keep += bytes
		return
	}
	sum.bytes += bytes
	if bytes > 0 {
		f := footprintOf(r)
		sum.decided, sum.over = max(sum.decided, f.decided), max(sum.over, f.over)
		sum.mark, sum.gone = max(sum.mark, f.mark), max(sum.gone, f.gone)
	}
}

// pageAt returns the page of a number, made if need be.
func (s *State) pageAt(number uint64) *page {
	i, found := slices.BinarySearchFunc(s.pages, number, func(p *page, number uint64) int {
		return cmp.Compare(p.number, number)
	})
	if found {
		return s.pages[i]
	}
	p := &page{number: number}
	save(s, &s.pages)
	if i == len(s.pages) {
		s.pages = append(s.pages, p)
	} else {
		s.pages = slices.Insert(slices.Clone(s.pages), i, p)
	}
	return p
}

// grow counts the bytes of a record on its page.
func (s *State) grow(p *page, bytes int64) {
	save(s, p)
	save(s, &s.encoded)
	p.encoded += bytes
	p.records++
	s.encoded += bytes
}

// moveHead drops all whose home is before the head. To be left there is how things are
// forgotten.
func (s *State) moveHead(head uint64) {
	s.head = max(s.head, head)
	passed := 0
	for _, p := range s.pages {
		if p.number >= s.head {
			break
		}
		s.dropPage(p)
		passed++
	}
	clear(s.pages[:passed])
	s.pages = s.pages[passed:]
}

func (s *State) dropPage(p *page) {
	for _, c := range p.carts {
		if c.home == p {
			s.dropCart(c)
		}
	}
	for _, i := range p.items {
		if i.home == p {
			s.dropItem(i)
		}
	}
	for _, l := range p.totals {
		if l.home == p {
			s.dropTotal(l)
		}
	}
	for _, r := range p.readers {
		if r.home == p {
			s.dropReader(r)
		}
	}
	if p.restore != nil && p.restore == s.restore {
		s.restore = nil
	}
	s.encoded -= p.encoded
	s.stored -= p.stored
}
