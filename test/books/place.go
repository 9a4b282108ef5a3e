package books

import (
	"fmt"
	"strconv"
	"strings"
)

// Place is a position of a journal: after so many records of a page.
type Place struct {
	// Journal is the beginning of the uid of the page on which the journal was founded.
	Journal string
	Page    uint64
	Index   int
}

// placeDigits is how much of a uid a Place has.
const placeDigits = 8

// ParsePlace reads what statuses and answers say of their position.
func ParsePlace(text string) (Place, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return Place{}, fmt.Errorf("%q is no position", text)
	}
	page, err := strconv.ParseUint(parts[1], 10, 64)
	index, indexErr := strconv.Atoi(parts[2])
	if err != nil || indexErr != nil || len(parts[0]) != placeDigits {
		return Place{}, fmt.Errorf("%q is no position", text)
	}
	return Place{Journal: parts[0], Page: page, Index: index}, nil
}

// Before tells whether a place of the same journal comes before another.
func (p Place) Before(other Place) bool {
	return p.Page < other.Page || p.Page == other.Page && p.Index < other.Index
}

func (p Place) String() string { return fmt.Sprintf("%s.%d.%d", p.Journal, p.Page, p.Index) }

// past is what something was from one place on, in the order of the journal.
type past[T any] []dated[T]

type dated[T any] struct {
	from Place
	was  T
}

func (p *past[T]) note(from Place, is T) { *p = append(*p, dated[T]{from, is}) }

// at is what it was at a place; false where there was nothing yet.
func (p past[T]) at(place Place) (was T, ok bool) {
	for i := len(p) - 1; i >= 0; i-- {
		if !place.Before(p[i].from) {
			return p[i].was, true
		}
	}
	return was, false
}

// last is what it is now.
func (p past[T]) last() (is T) {
	if len(p) > 0 {
		is = p[len(p)-1].was
	}
	return is
}
