package stock

import "slices"

// cart is one reservation as State keeps it: as it is while somebody may change it or its
// outcome is not delivered, else packed.
type cart struct {
	// home is nil once State has dropped the cart.
	home   *page
	open   *openCart
	packed string
}

// openCart is never changed: a change makes another one, so that what was handed out
// stays as it is.
type openCart struct {
	*Reservation
	// size is about what the record that restates it takes, in encoded bytes.
	size int64
	kind class
}

// reservation returns the cart's reservation, decoded if need be. Nobody may change it.
func (c *cart) reservation() *Reservation {
	if c.open != nil {
		return c.open.Reservation
	}
	return unpack(c.packed)
}

// pack keeps a cart small that is only waiting to be forgotten.
func (s *State) pack(c *cart) {
	s.scratch = appendPacked(s.scratch[:0], c.open.Reservation, c.open.size)
	c.packed, c.open = string(s.scratch), nil
}

// counted returns what the cart was counted as on its home.
func (c *cart) counted(r *Reservation) (class, int64) {
	switch {
	case c.open != nil:
		return c.open.kind, c.open.size
	case r.Phase == PhaseRefused:
		return classRefused, packedSize(c.packed)
	default:
		return classFinished, packedSize(c.packed)
	}
}

// find returns the cart of an ID, nil if there is none.
func (s *State) find(id ID) *cart {
	if key, ok := id.uuid(); ok {
		return s.uuids[key]
	}
	return s.texts[id]
}

// putCart makes a whole statement about a reservation the one that counts. bytes are those
// of its record.
func (s *State) putCart(p *page, r *Reservation, bytes int64) {
	c := s.find(r.ID)
	if c == nil {
		c = &cart{}
		if key, ok := r.ID.uuid(); ok {
			put(s, s.uuids, key, c)
		} else {
			put(s, s.texts, r.ID, c)
		}
	}
	s.setCart(c, r, bytes, p)
}

// setCart gives a cart other content, on a home that may be another.
func (s *State) setCart(c *cart, r *Reservation, bytes int64, home *page) {
	var before *Reservation
	if c.home != nil {
		before = c.reservation()
		s.uncount(c, before)
		s.hold(before, -1)
	}
	save(s, c)
	if c.home != home {
		save(s, home)
		home.carts = append(home.carts, c)
		c.home = home
	}
	c.open, c.packed = &openCart{Reservation: r, size: bytes, kind: s.classify(r)}, ""
	s.hold(r, 1)
	s.indexObject(c, before, r)
	s.indexTexts(c, before, r)
	s.countShown(before, r)
	if r.Number > s.marks.Published && (before == nil || before.Number != r.Number) {
		s.addUnpublished(r.Number, c)
	}
	if at := r.endOf(); at > s.endsPassed && (before == nil || before.endOf() != at) {
		s.addEnd(at, c)
	}
	s.recount(c)
}

// recount counts a cart on its home, and packs it if it is only remembered.
func (s *State) recount(c *cart) {
	r := c.open.Reservation
	if c.open.kind != classKeep && !s.tentative {
		s.pack(c)
	}
	kind, bytes := c.counted(r)
	save(s, c.home)
	c.home.count(kind, bytes, r)
}

func (s *State) uncount(c *cart, r *Reservation) {
	kind, bytes := c.counted(r)
	save(s, c.home)
	c.home.count(kind, -bytes, r)
}

func (s *State) classify(r *Reservation) class { return s.classOf(r, s.marks.Published) }

// classOf says why a reservation counts: only one that has ended, was delivered, with its end
// where that is told, and has no object may be forgotten.
func (s *State) classOf(r *Reservation, published uint64) class {
	switch {
	case !r.Phase.Ended(), r.Number > published, r.endOf() > s.endsPassed, r.Object.UID != "" && !r.Object.Gone:
		return classKeep
	case r.Phase == PhaseRefused:
		return classRefused
	default:
		return classFinished
	}
}

// dropCart forgets a cart. It is for Apply only, which nothing takes back.
func (s *State) dropCart(c *cart) {
	r := c.reservation()
	s.hold(r, -1)
	s.indexObject(c, r, &Reservation{})
	s.indexTexts(c, r, nil)
	s.countShown(r, nil)
	if key, ok := r.ID.uuid(); ok {
		delete(s.uuids, key)
	} else {
		delete(s.texts, r.ID)
	}
	c.home = nil
}

// hold counts what an open reservation holds, or takes it off.
func (s *State) hold(r *Reservation, sign int64) {
	if r.Phase.Ended() {
		return
	}
	for _, a := range r.Allocations {
		held := a.Held()
		if held == 0 {
			continue
		}
		l := s.stockOf(Key{Product: a.Product, Location: a.Location})
		save(s, l)
		l.reserved += sign * held
		s.tidy(l)
	}
}

// countShown counts the objects that show commands.
func (s *State) countShown(before, after *Reservation) {
	if before.shownCommand() == after.shownCommand() {
		return
	}
	save(s, &s.shownCommands)
	if after.shownCommand() {
		s.shownCommands++
	} else {
		s.shownCommands--
	}
}

// shownCommand tells whether an object shows a reservation that came as a command.
func (r *Reservation) shownCommand() bool {
	return r != nil && r.Command.ID != "" && r.Object.UID != "" && !r.Object.Gone
}

// indexObject lets a cart be found by its object.
func (s *State) indexObject(c *cart, before, after *Reservation) {
	if before == nil {
		before = &Reservation{}
	}
	old, now := names(before), names(after)
	for _, name := range old {
		if name != "" && !slices.Contains(now[:], name) {
			s.unindex(name, c)
		}
	}
	for _, name := range now {
		if name != "" && !slices.Contains(old[:], name) {
			put(s, s.objects, name, append(slices.Clip(s.objects[name]), c))
		}
	}
}

func (s *State) unindex(name ID, c *cart) {
	rest := slices.DeleteFunc(slices.Clone(s.objects[name]), func(other *cart) bool { return other == c })
	if len(rest) == 0 {
		remove(s, s.objects, name)
		return
	}
	put(s, s.objects, name, rest)
}

// names are what a reservation's object is called, where that is not its ID.
func names(r *Reservation) [2]ID {
	var names [2]ID
	if r.Object.UID != r.ID {
		names[0] = r.Object.UID
	}
	if name := ID(r.Object.Name); name != r.ID && name != names[0] {
		names[1] = name
	}
	return names
}
