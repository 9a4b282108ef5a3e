package logbook

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/replay"
	"github.com/acme/inventory-service/internal/stock"
)

// Entry is one record in words.
type Entry struct {
	// Page and Index are where it stands.
	Page  uint64
	Index int
	// At is when it was written, 0 where that is not said.
	At stock.Time
	// Verb says what happened, Text the rest of the sentence.
	Verb, Text string
}

// Moment is At with six decimals, UTC; "-" for none.
func (e Entry) Moment() string { return moment(e.At) }

// Entries puts the records of the pages into words, in the order of the journal. What it can
// read of a damaged one it returns, and fails with replay.ErrDamaged; where there is no
// journal it fails with replay.ErrNone.
func Entries(pages []journal.Page, filter Filter) (entries []Entry, err error) {
	counting, problem := journal.LivePages(pages)
	if len(counting) == 0 && problem == "" {
		return nil, replay.ErrNone
	}
	var damage error
	for _, p := range counting {
		if p.Number < filter.From {
			continue
		}
		if entries, err = addPage(entries, p, filter); err != nil && damage == nil {
			damage = err
		}
	}
	if problem != "" {
		damage = fmt.Errorf("%w: %s: see kubectl get journalpages", replay.ErrDamaged, problem)
	}
	return entries, damage
}

// Print writes the records of the pages in the order of the journal. What it can read of
// a damaged one it writes before it fails as Entries does.
func Print(out io.Writer, pages []journal.Page, filter Filter) error {
	entries, damage := Entries(pages, filter)
	w := bufio.NewWriter(out)
	for _, e := range entries {
		if _, err := fmt.Fprintf(w, "%d/%-4d %-27s %-9s %s\n", e.Page, e.Index, e.Moment(), e.Verb, e.Text); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), damage)
}

func addPage(entries []Entry, p *journal.Page, filter Filter) ([]Entry, error) {
	for i, encoded := range p.Records {
		record, err := stock.Decode(encoded)
		if err != nil {
			return entries, fmt.Errorf("%w: record %d of page %d: %w", replay.ErrDamaged, i, p.Number, err)
		}
		if !filter.takes(record) {
			continue
		}
		verb, rest, at := words(record)
		entries = append(entries, Entry{Page: p.Number, Index: i, At: at, Verb: verb, Text: rest})
	}
	return entries, nil
}
