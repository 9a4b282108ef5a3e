package replay

import (
	"errors"
	"fmt"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// ErrDamaged says that the journal could not be read as a whole.
var ErrDamaged = errors.New("the journal is damaged")

// ErrNone says that there is no journal.
var ErrNone = errors.New("there is no journal: no operator has led in this namespace yet")

// State replays the pages that count. It fails with ErrNone or ErrDamaged.
func State(pages []journal.Page) (*stock.State, error) {
	counting, problem := journal.LivePages(pages)
	switch {
	case problem != "":
		return nil, fmt.Errorf("%w: %s: see kubectl get journalpages", ErrDamaged, problem)
	case len(counting) == 0:
		return nil, ErrNone
	}
	newest := counting[len(counting)-1]
	marks, err := stock.ParseMarks(newest.Header.Marks)
	if err != nil {
		return nil, fmt.Errorf("%w: page %s: %w", ErrDamaged, newest.Name, err)
	}
	state := stock.New()
	for _, p := range counting {
		write := &stock.Write{Page: p.Number, Head: newest.Header.Head, Marks: marks, Records: p.Records, Stored: int64(len(p.Blob))}
		if err := state.Apply(write); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return state, nil
}
