package follow

import (
	"fmt"

	"github.com/acme/inventory-service/internal/journal"
)

// Position is a place in a journal: after so many records of a page. The zero value is before
// everything.
type Position struct {
	// Journal is the uid of the journal.
	Journal string
	Page    uint64
	Record  int
	// Digest is the journal's chain of digests after these records.
	Digest string
}

// String says so to people.
func (p Position) String() string {
	if p == (Position{}) {
		return "the beginning"
	}
	return fmt.Sprintf("page %d, record %d", p.Page, p.Record)
}

// Relation is how a listing goes on from a position.
type Relation int

// The relations.
const (
	// Continues: every record after the position is there.
	Continues Relation = iota
	// Gap: pages were written over that follow the position.
	Gap
	// BeganLate: the position is that before everything, and the journal has forgotten what came
	// first.
	BeganLate
	// OtherHistory: the same journal says something else at the position, or ends before it.
	OtherHistory
	// OtherJournal: another journal is there.
	OtherJournal
)

// Judge tells how a whole listing of a journal goes on from a position. Pages are in order, and
// begin at their first record.
func Judge(at Position, journalUID string, pages []journal.Applied) Relation {
	first, last := pages[0], pages[len(pages)-1]
	switch {
	case at == Position{} && first.Earlier == 0:
		return Continues
	case at == Position{}:
		return BeganLate
	case at.Journal != journalUID:
		return OtherJournal
	case at.Page+1 == first.Page && at.Digest == first.Before:
		return Continues
	case at.Page < first.Page:
		return Gap
	case at.Page > last.Page:
		return OtherHistory
	}
	if digest, ok := DigestAt(pages[at.Page-first.Page], at.Record); !ok || digest != at.Digest {
		return OtherHistory
	}
	return Continues
}

// DigestAt is the digest of a page that begins at its first record, after so many of them; false
// where it has fewer.
func DigestAt(page journal.Applied, records int) (string, bool) {
	if page.First != 0 || records > len(page.Records) {
		return "", false
	}
	return journal.DigestAfter(page.Before, page.Records[:records])
}

// Rest returns what of a listing that continues a position follows it.
func Rest(at Position, pages []journal.Applied) []journal.Applied {
	var rest []journal.Applied
	for _, p := range pages {
		switch {
		case p.Page < at.Page:
			continue
		case p.Page == at.Page:
			p.Records, p.First = p.Records[at.Record:], at.Record
		}
		rest = append(rest, p)
	}
	return rest
}
