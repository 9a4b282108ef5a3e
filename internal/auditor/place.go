package auditor

import (
	"cmp"
	"slices"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
)

// place is a place in one journal: after so many records of a page.
type place struct {
	page  uint64
	index int
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.page, q.page), cmp.Compare(p.index, q.index))
}

// covers tells whether what is true here includes what was recorded there.
func (p place) covers(q place) bool { return p.compare(q) >= 0 }

// latest is the last of some places.
func latest(places ...place) place { return slices.MaxFunc(places, place.compare) }

// placeOf reads the position that a status shows. It is false where the status shows none
// of this journal.
func placeOf(text string, of journal.Identity) (place, bool) {
	position, err := allocator.ParsePosition(text)
	if err != nil || position == (allocator.Position{}) || position.Journal != prefix(of) {
		return place{}, false
	}
	return place{position.Page, position.Index}, true
}

// position is a place as the Runner names it.
func (p place) position(of journal.Identity) allocator.Position {
	return allocator.Position{Journal: prefix(of), Page: p.page, Index: p.index}
}

// prefix is what a position says of a journal.
func prefix(of journal.Identity) string {
	return of.Journal[:min(len(of.Journal), allocator.JournalDigits)]
}
