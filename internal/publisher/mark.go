package publisher

import (
	"time"

	"github.com/acme/inventory-service/internal/stock"
)

const (
	// markEvery is how often the mark is moved: where nothing else is appended, each move is
	// an append of its own.
	markEvery = time.Second
	// markAgain is when a move is told again that has not been seen to land.
	markAgain = time.Minute
)

// mark paces the moves of the journal's mark in one term.
type mark struct {
	told uint64
	// due is when it has to be told next; zero while there is no news.
	due time.Time
}

// news tells whether there is something that was neither told nor landed.
func (m *mark) news(prefix, published uint64) bool { return prefix > max(m.told, published) }

// move tells whether the mark is to be moved now.
func (m *mark) move(prefix, published uint64, now time.Time) bool {
	soon := now.Add(markEvery)
	switch {
	case prefix <= published:
		m.due = time.Time{}
	case m.due.IsZero(), m.due.After(soon) && prefix > m.told:
		m.due = soon
	case !now.Before(m.due):
		m.told, m.due = prefix, now.Add(markAgain)
		return true
	}
	return false
}

// tell moves the journal's mark to the end of what is behind.
func (c *course) tell(now time.Time) {
	if prefix := c.line.prefix(); c.mark.move(prefix, c.line.published, now) {
		c.source.Tell(stock.Publish{Number: prefix})
	}
}
