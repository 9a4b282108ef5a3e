package pgstock

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Event is one that was not delivered yet.
type Event struct {
	Number  int64  // in the outbox
	ID      string // the same in each delivery
	Type    string
	Payload []byte
}

// Undelivered returns the oldest events in the outbox, no more than limit.
func Undelivered(ctx context.Context, pool *pgxpool.Pool, limit int) ([]Event, error) {
	rows, err := pool.Query(ctx, `SELECT id, event, type, payload FROM outbox ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// Delivered takes events out of the outbox.
func Delivered(ctx context.Context, pool *pgxpool.Pool, numbers []int64) error {
	_, err := pool.Exec(ctx, `DELETE FROM outbox WHERE id = ANY($1)`, numbers)
	return err
}
