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

// Filter chooses the records that are printed.
type Filter struct {
	// From is the number of the first page; 0 is that on which the journal begins.
	From uint64
	// ID, if set, is a reservation's id, or the uid of its object.
	ID string
}

// Print writes the records of the pages in the order of the journal. What it can read of
// a damaged one it writes before it fails with replay.ErrDamaged.
func Print(out io.Writer, pages []journal.Page, filter Filter) error {
	counting, problem := journal.Counting(pages)
	if len(counting) == 0 && problem == "" {
		return replay.ErrNone
	}
	w := bufio.NewWriter(out)
	var damage error
	for _, p := range counting {
		if p.Number < filter.From {
			continue
		}
		if err := printPage(w, p, filter); err != nil && damage == nil {
			damage = err
		}
	}
	if problem != "" {
		damage = fmt.Errorf("%w: %s: see kubectl get journalpages", replay.ErrDamaged, problem)
	}
	return errors.Join(w.Flush(), damage)
}

func printPage(w io.Writer, p *journal.Page, filter Filter) error {
	for i, encoded := range p.Records {
		record, err := stock.Decode(encoded)
		if err != nil {
			return fmt.Errorf("%w: record %d of page %d: %w", replay.ErrDamaged, i, p.Number, err)
		}
		if filter.ID != "" && !concerns(record, stock.ID(filter.ID)) {
			continue
		}
		verb, rest, at := words(record)
		if _, err := fmt.Fprintf(w, "%d/%-4d %-27s %-9s %s\n", p.Number, i, moment(at), verb, rest); err != nil {
			return err
		}
	}
	return nil
}

// concerns tells whether a record is about a reservation.
func concerns(record stock.Record, id stock.ID) bool {
	is := func(r *stock.Reservation) bool {
		return r.ID == id || r.Object.UID == id || r.Replaces == id || r.ReplacedBy == id
	}
	switch r := record.(type) {
	case *stock.Reserved:
		return is(&r.Reservation)
	case *stock.Refused:
		return is(&r.Reservation)
	case *stock.Cart:
		return is(&r.Reservation)
	case *stock.Released:
		return r.Reservation == id || r.ReplacedBy == id
	case *stock.Consumed:
		return r.Reservation == id
	case *stock.Extended:
		return r.Reservation == id
	case *stock.Ordered:
		return r.Reservation == id
	case *stock.Shown:
		return r.Reservation == id || r.Object.UID == id
	default:
		return false
	}
}
