package stock

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
)

// EndsReader is the name of the reader that has the ends of reservations told to somebody.
// While there is one, no reservation is forgotten whose end it has not passed.
const EndsReader = "ends"

// EndsPosition is the position of a reader that has passed all ends up to a time: above 0.
func EndsPosition(passed Time) string { return fmt.Sprint(int64(passed)) }

// end is a reservation that has ended, and when.
type end struct {
	at   Time
	cart *cart
}

// live tells whether a cart still has this end.
func (e end) live() bool {
	return e.cart.home != nil && e.cart.open != nil && e.cart.open.Ended == e.at
}

// endOf is when a hold came to its end; 0 where it has not, or there was none.
func (r *Reservation) endOf() Time {
	if r.Phase == PhaseReleased || r.Phase == PhaseConsumed {
		return r.Ended
	}
	return 0
}

// EndsPassed is the time up to which all ends were told; false where nobody is told any.
func (s *State) EndsPassed() (passed Time, told bool) {
	return s.endsPassed, s.endsPassed != math.MaxInt64
}

// readEnds is how far the reader is, math.MaxInt64 where there is none.
func (s *State) readEnds() Time {
	position, ok := s.Reader(EndsReader)
	if !ok {
		return math.MaxInt64
	}
	var passed Time
	if _, err := fmt.Sscan(position, &passed); err != nil || passed <= 0 {
		return math.MaxInt64
	}
	return passed
}

// addEnd notes an end that is to be told. They come in order but where a State is read anew, in
// which compaction's facts are between them.
func (s *State) addEnd(at Time, c *cart) {
	save(s, &s.ends)
	save(s, &s.endsUnsorted)
	if last := len(s.ends) - 1; last >= 0 && s.ends[last].at > at {
		s.endsUnsorted = true
	}
	s.ends = append(s.ends, end{at, c})
}

// settleEnds takes in how far the reader is: what it has passed may be forgotten from now on.
func (s *State) settleEnds() {
	before, passed := s.endsPassed, s.readEnds()
	s.endsPassed = passed
	if passed < before { // somebody begins to be told, or all of this is read anew
		s.ends = nil
		s.findEnds()
	}
	if s.endsUnsorted {
		slices.SortStableFunc(s.ends, func(a, b end) int { return cmp.Compare(a.at, b.at) })
		s.endsUnsorted = false
	}
	if passed <= before {
		return
	}
	kept := s.ends[:0]
	for _, e := range s.ends {
		switch {
		case e.at > passed:
			kept = append(kept, e)
		case e.live():
			s.reclassify(e.cart)
		}
	}
	clear(s.ends[len(kept):])
	s.ends = kept
}

// findEnds looks for all ends that are to be told. They are kept decoded.
func (s *State) findEnds() {
	for _, p := range s.pages {
		for _, c := range p.carts {
			if c.home != p {
				continue
			}
			r := c.reservation()
			if at := r.endOf(); at <= s.endsPassed {
				continue
			}
			if c.open == nil {
				s.uncount(c, r)
				c.open, c.packed = &openCart{Reservation: r, size: packedSize(c.packed), kind: s.classify(r)}, ""
				s.recount(c)
			} else {
				s.reclassify(c)
			}
			s.addEnd(r.Ended, c)
		}
	}
}

// Ends returns the reservations whose holds have ended at a time or later and are to be told,
// in the order of their ends. Nobody may change them. What comes before them costs next to
// nothing.
func (s *State) Ends(from Time) iter.Seq[*Reservation] {
	first, _ := slices.BinarySearchFunc(s.ends, from, func(e end, from Time) int { return cmp.Or(cmp.Compare(e.at, from), 1) })
	return func(yield func(*Reservation) bool) {
		for _, e := range s.ends[first:] {
			if e.live() && !yield(e.cart.open.Reservation) {
				return
			}
		}
	}
}
