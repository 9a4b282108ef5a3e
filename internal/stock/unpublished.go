package stock

import (
	"cmp"
	"iter"
	"slices"
)

// outcome is one that is to be delivered.
type outcome struct {
	number uint64
	cart   *cart
}

// live tells whether a cart still has this outcome.
func (o outcome) live() bool {
	return o.cart.home != nil && o.cart.open != nil && o.cart.open.Number == o.number
}

func byNumber(a, b outcome) int {
	return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.cart.open.ID, b.cart.open.ID))
}

// addUnpublished notes an outcome that is to be delivered. They come in order but where a
// State is read anew, in which compaction's facts are between them.
func (s *State) addUnpublished(number uint64, c *cart) {
	save(s, &s.unpublished)
	save(s, &s.unsorted)
	if last := len(s.unpublished) - 1; last >= 0 && s.unpublished[last].number >= number {
		s.unsorted = true
	}
	s.unpublished = append(s.unpublished, outcome{number, c})
}

// settle puts the outcomes in order and lets go of those that were delivered: from now on
// their carts may be forgotten.
func (s *State) settle() {
	if s.unsorted {
		s.unpublished, s.unsorted = inOrder(s.unpublished), false
	}
	delivered := 0
	for _, o := range s.unpublished {
		if o.number > s.marks.Published {
			break
		}
		delivered++
		if o.live() {
			s.reclassify(o.cart)
		}
	}
	clear(s.unpublished[:delivered])
	s.unpublished = s.unpublished[delivered:]
	if len(s.unpublished) == 0 {
		s.unpublished = nil
	}
}

func (s *State) reclassify(c *cart) {
	r := c.open.Reservation
	kind := s.classify(r)
	if kind == c.open.kind {
		return
	}
	s.uncount(c, r)
	c.open = &openCart{Reservation: r, size: c.open.size, kind: kind}
	s.recount(c)
}

// inOrder returns the outcomes that live, by their numbers, each once.
func inOrder(outcomes []outcome) []outcome {
	live := make([]outcome, 0, len(outcomes))
	for _, o := range outcomes {
		if o.live() {
			live = append(live, o)
		}
	}
	slices.SortFunc(live, byNumber)
	return slices.Compact(live)
}

// Unpublished returns the reservations whose outcomes are above Marks.Published, in the
// order of their numbers. Nobody may change them.
func (s *State) Unpublished() iter.Seq[*Reservation] { return s.UnpublishedAfter(0) }

// UnpublishedAfter returns those of Unpublished that are above this number. What comes
// before them costs next to nothing.
func (s *State) UnpublishedAfter(number uint64) iter.Seq[*Reservation] {
	outcomes := s.unpublished
	if s.unsorted {
		outcomes = inOrder(outcomes)
	}
	first, _ := slices.BinarySearchFunc(outcomes, number, func(o outcome, passed uint64) int {
		if o.number <= passed {
			return -1
		}
		return 1
	})
	return func(yield func(*Reservation) bool) {
		for _, o := range outcomes[first:] {
			if o.live() && !yield(o.cart.open.Reservation) {
				return
			}
		}
	}
}
