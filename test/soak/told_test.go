package soak

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// fate is what a client was told of a cart last.
type fate string

const (
	refused  fate = "REFUSED"
	held     fate = "HELD"
	released fate = "RELEASED"
	consumed fate = "CONSUMED"
	// unsure is a cart that was held, and whose end was asked for and not answered.
	unsure fate = "UNSURE"
)

// told is all that clients were told.
type told struct {
	mu    sync.Mutex
	carts map[string]fate // by reservation
	// unanswered are carts that were asked for and not answered, later the answers that asked
	// for patience.
	unanswered, later atomic.Int64
}

func newTold() *told { return &told{carts: map[string]fate{}} }

// reserved takes in the answer to a cart, and returns the reservation.
func (t *told) reserved(s *soak, answer string, is fate) string {
	id, err := reservationOf(answer)
	if err != nil {
		s.Error(err)
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.carts[id]; known {
		s.Errorf("two carts are answered with reservation %s", id)
	}
	t.carts[id] = is
	return id
}

func (t *told) became(id string, is fate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.carts[id] = is
}

// all are the carts and what was told of them.
func (t *told) all() map[string]fate {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.carts)
}

func (t *told) count() map[fate]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := map[fate]int64{}
	for _, is := range t.carts {
		counts[is]++
	}
	return counts
}

func (t *told) number() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.carts))
}

// String says how much it was.
func (t *told) String() string {
	n := t.count()
	return fmt.Sprintf("%d carts, %d of them refused; %d consumed, %d released, %d left to run out; %d answers were 503 or none, %d carts and %d ends were never answered",
		t.number(), n[refused], n[consumed], n[released], n[held], t.later.Load(), t.unanswered.Load(), n[unsure])
}

// checkArchive checks that the archive says of each cart what its client was told, and of no
// other.
func (t *told) checkArchive(s *soak) {
	rows, err := s.archived.Pool.Query(s.Context(), `
		SELECT reservation_id::text, status FROM reservations WHERE namespace = $1
		UNION ALL SELECT reservation_id::text, 'REFUSED' FROM refusals WHERE namespace = $1`, s.Namespace)
	s.Must(err)
	carts := t.all()
	unknown := int64(0)
	var id, status string
	_, err = pgx.ForEachRow(rows, []any{&id, &status}, func() error {
		was, known := carts[id]
		delete(carts, id)
		switch {
		case !known:
			unknown++
		case was == unsure && (fate(status) == consumed || fate(status) == released):
		case was == held && fate(status) == released: // it ran out
		case fate(status) != was:
			s.Errorf("the archive has reservation %s as %s, and its client was told %s", id, status, was)
		}
		return nil
	})
	s.Must(err)
	if len(carts) > 0 {
		s.Errorf("%d carts that clients were told of are not archived", len(carts))
	}
	if lost := t.unanswered.Load(); unknown > lost {
		s.Errorf("%d archived carts were told to nobody, and %d were never answered", unknown, lost)
	}
	if gaps := s.archived.Count("SELECT count(*) FROM journal_gaps WHERE namespace = $1", s.Namespace); gaps > 0 {
		s.Errorf("the archive has %d gaps", gaps)
	}
}
