package allocator

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/acme/inventory-service/internal/journal"
)

// Position is a place in a journal, as it is told to users: after so many records of a
// page. The zero value is before everything.
type Position struct {
	// Journal is the beginning of the uid of the journal's first page.
	Journal string
	Page    uint64
	Index   int
}

// JournalDigits is how much of a journal's uid a Position has: enough to tell the journals
// of one namespace.
const JournalDigits = 8

// PositionOf is where a process is that follows a journal.
func PositionOf(l *journal.Log) Position {
	uid := l.Identity().Journal
	if uid == "" {
		return Position{}
	}
	at := l.Position()
	return Position{Journal: uid[:min(len(uid), JournalDigits)], Page: at.Page, Index: at.Index}
}

// String is what ParsePosition reads: journal, page and index, such as 3f2a91bc.12.340. That of
// the zero value is empty.
func (p Position) String() string {
	if p == (Position{}) {
		return ""
	}
	return fmt.Sprintf("%s.%d.%d", p.Journal, p.Page, p.Index)
}

// ParsePosition reads a position that was told before. The empty text is the zero value.
func ParsePosition(text string) (Position, error) {
	if text == "" {
		return Position{}, nil
	}
	parts := strings.Split(text, ".")
	if len(parts) == 3 && parts[0] != "" && len(parts[0]) <= JournalDigits {
		page, err := strconv.ParseUint(parts[1], 10, 64)
		index, indexErr := strconv.ParseUint(parts[2], 10, 31)
		if err == nil && indexErr == nil {
			return Position{Journal: parts[0], Page: page, Index: int(index)}, nil
		}
	}
	return Position{}, fmt.Errorf("%q is no position: give one that was told before, such as 3f2a91bc.12.340", text)
}

// Covers tells whether what is true here includes what was told at another position. A
// journal that was replaced is included in the one that replaced it.
func (p Position) Covers(other Position) bool {
	if other == (Position{}) {
		return true
	}
	if p.Journal != other.Journal {
		return p != (Position{})
	}
	return p.Page > other.Page || p.Page == other.Page && p.Index >= other.Index
}

// Position is that of what was applied last.
func (r *Runner) Position() Position {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return PositionOf(r.core.Log())
}

// Await returns once State includes what was told at a position. It fails with ErrNoAnswer
// when ctx or Run ends before that.
func (r *Runner) Await(ctx context.Context, p Position) error {
	for {
		news := r.News()
		if r.Position().Covers(p) {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("%w: position %s of namespace %s is not reached here: %w", ErrNoAnswer, p, r.namespace, context.Cause(ctx))
		case <-r.ended:
			return fmt.Errorf("%w: position %s of namespace %s is not reached here: this process does not work in it any more", ErrNoAnswer, p, r.namespace)
		}
	}
}
