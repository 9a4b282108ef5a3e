package stock

import "iter"

// Named returns the reservations whose object has this name, or had it, in no order. Nobody
// may change them.
func (s *State) Named(name ID) []*Reservation {
	var named []*Reservation
	if r, ok := s.Reservation(name); ok && r.objectName() == name {
		named = append(named, r)
	}
	for _, c := range s.objects[name] {
		if r := c.reservation(); r.objectName() == name {
			named = append(named, r)
		}
	}
	return named
}

// objectName is the name of the object that shows a reservation.
func (r *Reservation) objectName() ID {
	if r.Object.Name != "" {
		return ID(r.Object.Name)
	}
	return r.ID
}

// Shown returns the reservation that the object of this uid shows, or showed.
func (s *State) Shown(uid ID) (*Reservation, bool) {
	if r, ok := s.Reservation(uid); ok && r.Object.UID == uid {
		return r, true
	}
	for _, c := range s.objects[uid] {
		if r := c.reservation(); r.Object.UID == uid {
			return r, true
		}
	}
	return nil, false
}

// ShownCommands is the number of objects that show reservations which came as commands.
func (s *State) ShownCommands() int { return s.shownCommands }

// Kept yields those that may not be forgotten, in no order: they hold units, or their outcome
// is not delivered, or an object shows them. Nobody may change them.
func (s *State) Kept() iter.Seq[*Reservation] {
	return func(yield func(*Reservation) bool) {
		for c := range s.carts() {
			if c.open != nil && c.open.kind == classKeep && !yield(c.open.Reservation) {
				return
			}
		}
	}
}
