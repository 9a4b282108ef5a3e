package stock

// Changes are what records were about, some of them more than once.
type Changes struct {
	// Reservations are those whose content changed.
	Reservations []ID
	// Items are the UIDs of the StockItems whose content or figures changed.
	Items []ID
}

// Empty tells whether nothing changed.
func (c Changes) Empty() bool { return len(c.Reservations) == 0 && len(c.Items) == 0 }

// Track makes State note what is changed from now on. Whoever asks for it has to take it
// with TakeChanges, or it grows.
func (s *State) Track() { s.tracking = true }

// TakeChanges returns what Apply has changed since the last call.
func (s *State) TakeChanges() Changes {
	taken := s.changes
	s.changes = Changes{}
	return taken
}

// note notes what a record is about that was applied. What restates changes nothing.
func (s *State) note(record Record) {
	if !s.tracking || s.tentative {
		return
	}
	switch r := record.(type) {
	case *Reserved:
		s.noteHold(r.ID, r.Allocations)
	case *Refused:
		s.noteHold(r.ID, nil)
		for _, count := range r.Counts {
			s.noteItem(count.Item)
		}
	case *Released:
		s.noteHold(r.Reservation, r.Allocations)
	case *Consumed:
		s.noteHold(r.Reservation, r.Allocations)
	case *Extended:
		s.noteHold(r.Reservation, nil)
	case *Ordered:
		s.noteHold(r.Reservation, nil)
	case *Shown:
		s.noteHold(r.Reservation, nil)
	case *ItemRecord:
		if known := s.items[r.UID]; known == nil || known.Item != r.Item {
			s.noteLocation(Key{Product: r.Product, Location: r.Location})
			s.noteItem(r.UID)
		}
	case *Cart:
		if s.HoldsBack() {
			s.noteHold(r.ID, nil)
		}
	case *RestoreRecord:
		for uid := range s.items { // what is available of each
			s.noteItem(uid)
		}
	case *ItemGone:
		if known := s.items[r.UID]; known != nil {
			s.noteLocation(known.key())
		}
	}
}

func (s *State) noteHold(id ID, allocations []Allocation) {
	s.changes.Reservations = append(s.changes.Reservations, id)
	for _, a := range allocations {
		s.noteLocation(Key{Product: a.Product, Location: a.Location})
	}
}

// noteLocation notes every StockItem of a place: who serves there may change too.
func (s *State) noteLocation(key Key) {
	l := s.stocks[key]
	if l == nil {
		return
	}
	for _, i := range l.items {
		s.noteItem(i.UID)
	}
}

func (s *State) noteItem(uid ID) {
	if n := len(s.changes.Items); n > 0 && s.changes.Items[n-1] == uid {
		return // carts of one batch are often about the same
	}
	s.changes.Items = append(s.changes.Items, uid)
}
