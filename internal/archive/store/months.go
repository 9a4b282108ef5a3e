package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/archive/months"
	"github.com/acme/inventory-service/internal/stock"
)

// ahead is how many months are made before they are needed.
const ahead = 2

// monthsMade are those that are known to be there.
type monthsMade struct {
	mu   sync.Mutex
	made map[months.Month]bool
}

// monthsOf are those that the rows of a batch belong to.
func monthsOf(b Batch) map[months.Month]bool {
	needed := map[months.Month]bool{}
	add := func(t stock.Time) {
		if at := timeOf(t); at != nil {
			needed[months.Of(*at)] = true
		}
	}
	for i := range b.Rows.Reservations {
		add(b.Rows.Reservations[i].At)
	}
	for i := range b.Rows.Movements {
		add(b.Rows.Movements[i].At)
	}
	for i := range b.Rows.Delivered {
		add(b.Rows.Delivered[i].Decided)
	}
	add(b.To.Marks.At)
	return needed
}

// MakeAhead makes the partitions of this month and the next ones.
func (s *Store) MakeAhead(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, s.statement)
	defer cancel()
	needed := map[months.Month]bool{}
	m := months.Of(now)
	for range ahead + 1 {
		needed[m] = true
		m = m.Next()
	}
	return s.makeMonths(ctx, needed)
}

// ForgetMonths has it looked up again which partitions are there.
func (s *Store) ForgetMonths() {
	s.months.mu.Lock()
	defer s.months.mu.Unlock()
	s.months.made = nil
}

// makeMonths makes the partitions that are missing, each month in a transaction of its own.
func (s *Store) makeMonths(ctx context.Context, needed map[months.Month]bool) error {
	s.months.mu.Lock()
	defer s.months.mu.Unlock()
	if s.months.made == nil {
		existing, err := months.Existing(ctx, s.pool)
		if err != nil {
			return err
		}
		s.months.made = map[months.Month]bool{}
		for _, m := range existing {
			s.months.made[m] = true
		}
	}
	for m := range needed {
		if s.months.made[m] {
			continue
		}
		if err := pgx.BeginTxFunc(ctx, s.pool, months.Options, func(tx pgx.Tx) error { return months.Make(ctx, tx, m) }); err != nil {
			return err
		}
		s.months.made[m] = true
	}
	return nil
}
