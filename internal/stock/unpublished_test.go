package stock

import (
	"slices"
	"testing"
)

// Whoever has taken outcomes up to a number is told those after it, in order.
func TestUnpublishedAfter(t *testing.T) {
	s := New()
	s.marks.Published = 2
	for n := uint64(1); n <= 9; n++ {
		id := ID(string(rune('a' + n)))
		s.apply(s.pageAt(1), &Cart{Reservation{ID: id, Phase: PhaseReserved, Number: 10 - n}}, 10)
	}
	for after, want := range map[uint64][]uint64{0: {3, 4, 5, 6, 7, 8, 9}, 4: {5, 6, 7, 8, 9}, 8: {9}, 9: nil, 100: nil} {
		for name, settle := range map[string]func(){"unsorted": func() {}, "settled": s.settle} {
			settle()
			var got []uint64
			for r := range s.UnpublishedAfter(after) {
				got = append(got, r.Number)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, after %d: %v, want %v", name, after, got, want)
			}
		}
	}
}
