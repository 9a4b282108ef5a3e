package stock

import (
	"cmp"
	"fmt"
)

// Apply takes in what the journal stored. It fails only if a record cannot be decoded, with a
// *DecodeError, and then changes nothing. Every record that can be decoded is applied in the
// same way by every process. It keeps nothing of w.
func (s *State) Apply(w *Write) error {
	records := make([]Record, len(w.Records))
	for i, encoded := range w.Records {
		record, err := Decode(encoded)
		if err != nil {
			return fmt.Errorf("page %d, record %d of the write: %w", w.Page, i, err)
		}
		records[i] = record
	}
	p := s.pageAt(w.Page)
	if p.begun == 0 {
		p.begun = w.Marks.At
	}
	for i, record := range records {
		s.apply(p, record, int64(len(w.Records[i])))
	}
	s.stored += w.Stored - p.stored
	p.stored = w.Stored
	s.marks.rise(w.Marks)
	s.settle()
	s.settleEnds()
	s.moveHead(w.Head)
	return nil
}

// apply takes in one record that stands on a page and has so many encoded bytes. The
// record is State's from now on.
func (s *State) apply(p *page, record Record, bytes int64) {
	s.grow(p, bytes)
	s.note(record)
	switch r := record.(type) {
	case *Reserved:
		s.decideCart(p, &r.Reservation, bytes)
	case *Refused:
		s.refusals(r.Counts)
		r.Counts = nil // the record stays in memory as long as the reservation
		s.decideCart(p, &r.Reservation, bytes)
	case *Cart:
		s.restateCart(p, &r.Reservation, bytes)
	case *Released:
		s.change(&r.Change, func(to *Reservation) { to.ReleasedBy = cmp.Or(r.Actor, to.ReleasedBy) })
	case *Consumed:
		for _, t := range r.Totals {
			s.total(p, t)
		}
		s.change(&r.Change, func(to *Reservation) { to.ConsumedBy = cmp.Or(r.Actor, to.ConsumedBy) })
	case *Extended:
		s.amend(r.Reservation, func(to *Reservation) {
			if !to.Phase.Ended() {
				to.FirstExpires, to.Expires = to.Granted(), r.Expires
			}
		})
	case *Ordered:
		s.amend(r.Reservation, func(to *Reservation) { to.LaterOrder = r.Order })
	case *Shown:
		s.amend(r.Reservation, func(to *Reservation) { to.Object = to.Object.succeeded(r.Object) })
	case *ItemRecord:
		s.putItem(p, r.Item)
	case *ItemGone:
		s.goneItem(r)
	case *TotalRecord:
		s.total(p, r.Total)
	case *ReaderRecord:
		s.read(p, r)
	case *RestoreRecord:
		s.restoreTo(p, r)
	case *Term, *Founded:
		// They are for those who read the journal: of stock they say nothing.
	}
}

// rise lets no mark go down.
func (m *Marks) rise(to Marks) {
	m.At = max(m.At, to.At)
	m.Outcomes = max(m.Outcomes, to.Outcomes)
	m.Published = max(m.Published, to.Published)
	m.Forgotten = max(m.Forgotten, to.Forgotten)
	m.Gone = max(m.Gone, to.Gone)
	m.Items = max(m.Items, to.Items)
}

// decideCart takes in a decision: the first of an ID counts.
func (s *State) decideCart(p *page, r *Reservation, bytes int64) {
	if s.find(r.ID) == nil {
		s.restateCart(p, r, bytes)
	}
}

// restateCart takes in a statement of all that a reservation is.
func (s *State) restateCart(p *page, r *Reservation, bytes int64) {
	normalize(r)
	s.share(r)
	s.putCart(p, r, bytes)
}

// change takes in how a hold stands after some of it, or all, was released or consumed, and by
// whom. What has ended does not change.
func (s *State) change(to *Change, by func(*Reservation)) {
	c := s.find(to.Reservation)
	if c == nil || c.open == nil || c.open.Phase.Ended() {
		return
	}
	normalizeAllocations(to.Allocations)
	s.shareAllocations(to.Allocations)
	next := *c.open.Reservation
	next.Phase, next.Allocations = to.Phase, to.Allocations
	next.Reason, next.Ended = to.Reason, to.Ended
	if to.ReplacedBy != "" {
		next.ReplacedBy = to.ReplacedBy
	}
	by(&next)
	s.setCart(c, &next, c.restated(&next), c.home)
}

// amend changes one thing about a reservation that is known.
func (s *State) amend(id ID, how func(*Reservation)) {
	c := s.find(id)
	if c == nil {
		return
	}
	next := *c.reservation()
	how(&next)
	s.setCart(c, &next, c.restated(&next), c.home)
}

// restated is about what the record takes that restates a cart with new content.
func (c *cart) restated(next *Reservation) int64 {
	const slack = 24 // an end, a reason, numbers
	_, size := c.counted(c.reservation())
	before := c.reservation()
	size += int64(len(next.LaterOrder) - len(before.LaterOrder) + len(next.Object.UID) - len(before.Object.UID))
	size += int64(len(next.ReleasedBy) - len(before.ReleasedBy) + len(next.ConsumedBy) - len(before.ConsumedBy))
	if next.Phase != before.Phase {
		size += slack
	}
	return max(size, slack)
}

// succeeded returns the object that is known after a statement: that one is gone is
// final, and an older version says nothing.
func (o Object) succeeded(by Object) Object {
	if by.Version < o.Version || o.UID == by.UID && o.Gone {
		return o
	}
	return by
}

// read takes in how far somebody has read.
func (s *State) read(p *page, stated *ReaderRecord) {
	known := s.readers[stated.Name]
	own, pages := stated.WantsPages()
	if known != nil {
		save(s, known.home)
		known.home.keep -= known.size()
	}
	if stated.Position == "" {
		if known != nil {
			remove(s, s.readers, stated.Name)
			if pages {
				remove(s, s.pageReaders, own)
			}
			save(s, known)
			known.home = nil
		}
		return
	}
	if known == nil {
		known = &reader{name: stated.Name}
		put(s, s.readers, stated.Name, known)
		if pages {
			put(s, s.pageReaders, own, known)
		}
	}
	save(s, known)
	save(s, p)
	known.position = stated.Position
	if pages {
		known.page = comeTo(stated.Position)
	}
	if known.home != p {
		p.readers = append(p.readers, known)
		known.home = p
	}
	p.keep += known.size()
}

// size is about what the record that restates a reader takes.
func (r *reader) size() int64 { return int64(len(r.name) + len(r.position) + 8) }
