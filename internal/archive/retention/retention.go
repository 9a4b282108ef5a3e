package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/inventory-service/internal/archive/months"
)

// Policy is what is kept, and how long.
type Policy struct {
	// Keep is for months, KeepActors for the names of actors.
	Keep, KeepActors Age
}

// Any tells whether anything is not kept for ever.
func (p Policy) Any() bool { return !p.Keep.IsZero() || !p.KeepActors.IsZero() }

// Done is what was dropped.
type Done struct {
	Dropped []months.Month
	// Held are months that are old enough and have a reservation that holds units.
	Held []months.Month
	// Actors is how many rows lost the names of actors.
	Actors int64
}

// Log says what was done, if anything was.
func (d Done) Log(logger logr.Logger) {
	if len(d.Dropped) > 0 || d.Actors > 0 {
		logger.Info("Old rows were dropped", "months", fmt.Sprint(d.Dropped), "actorsBlanked", d.Actors)
	}
	if len(d.Held) > 0 {
		logger.Info("Months are old enough to be dropped and stay, since a reservation of theirs holds units", "months", fmt.Sprint(d.Held))
	}
}

// lockTimeout is how long a month waits for those who use the tables. They wait meanwhile, too.
const lockTimeout = "5s"

// Run drops what is too old at a time.
func Run(ctx context.Context, pool *pgxpool.Pool, policy Policy, now time.Time) (Done, error) {
	var done Done
	if !policy.Keep.IsZero() {
		if err := dropMonths(ctx, pool, policy.Keep.Before(now), &done); err != nil {
			return done, err
		}
	}
	if !policy.KeepActors.IsZero() {
		if err := blankActors(ctx, pool, policy.KeepActors.Before(now), &done); err != nil {
			return done, err
		}
	}
	return done, nil
}

func dropMonths(ctx context.Context, pool *pgxpool.Pool, before time.Time, done *Done) error {
	existing, err := months.Existing(ctx, pool)
	if err != nil {
		return err
	}
	for _, m := range existing {
		if time.Time(m.Next()).After(before) {
			break
		}
		var held bool
		err := pgx.BeginTxFunc(ctx, pool, months.Options, func(tx pgx.Tx) (err error) {
			held, err = drop(ctx, tx, m)
			return err
		})
		switch {
		case err != nil:
			return fmt.Errorf("drop month %s: %w", m, err)
		case held:
			done.Held = append(done.Held, m)
		default:
			done.Dropped = append(done.Dropped, m)
		}
	}
	for _, statement := range []string{
		"DELETE FROM superseded_rows WHERE superseded_at < $1",
		"DELETE FROM journal_pages WHERE read_at < $1",
	} {
		if _, err := pool.Exec(ctx, statement, before); err != nil {
			return fmt.Errorf("drop what is older than %s: %w", before.Format(time.DateOnly), err)
		}
	}
	return nil
}

// drop drops the partitions of one month, unless one of its reservations is held.
func drop(ctx context.Context, tx pgx.Tx, m months.Month) (held bool, err error) {
	if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '"+lockTimeout+"'"); err != nil {
		return false, err
	}
	tables := months.Tables()
	// From here on nobody adds to the month.
	if _, err := tx.Exec(ctx, "LOCK TABLE "+tables[0].Partition(m)+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		return false, err
	}
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+tables[0].Partition(m)+" WHERE status = 'HELD')").Scan(&held); err != nil || held {
		return held, err
	}
	if err := months.Make(ctx, tx, m.Next()); err != nil {
		return false, err
	}
	if err := carry(ctx, tx, m); err != nil {
		return false, err
	}
	for i := len(tables) - 1; i >= 0; i-- {
		partition := tables[i].Partition(m)
		for _, statement := range []string{"ALTER TABLE " + tables[i].Name + " DETACH PARTITION " + partition, "DROP TABLE " + partition} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// carry writes the sum of a month's movements as movements of the month after. They have epoch 0:
// no record says so.
func carry(ctx context.Context, tx pgx.Tx, m months.Month) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO stock_movements (namespace, at, product_id, location, kind, received, reserved, consumed, epoch, page, record)
		SELECT namespace, $1, product_id, location, 'RESTATED', sum(received), sum(reserved), sum(consumed), 0, 0, 0
		FROM stock_movements WHERE at >= $2 AND at < $1 AND NOT superseded
		GROUP BY namespace, product_id, location
		HAVING sum(received) <> 0 OR sum(reserved) <> 0 OR sum(consumed) <> 0
		ON CONFLICT (namespace, product_id, location, at, epoch, page, record) DO UPDATE SET received = stock_movements.received + excluded.received,
			reserved = stock_movements.reserved + excluded.reserved, consumed = stock_movements.consumed + excluded.consumed`,
		time.Time(m.Next()), time.Time(m))
	return err
}

func blankActors(ctx context.Context, pool *pgxpool.Pool, before time.Time, done *Done) error {
	for _, statement := range []string{
		`UPDATE reservations SET actor = NULL, released_by = NULL, consumed_by = NULL
			WHERE created_at < $1 AND (actor IS NOT NULL OR released_by IS NOT NULL OR consumed_by IS NOT NULL)`,
		`UPDATE refusals SET actor = NULL WHERE created_at < $1 AND actor IS NOT NULL`,
		`UPDATE superseded_rows SET content = content - 'actor' - 'released_by' - 'consumed_by'
			WHERE superseded_at < $1 AND content ?| ARRAY['actor', 'released_by', 'consumed_by']`,
	} {
		tag, err := pool.Exec(ctx, statement, before)
		if err != nil {
			return fmt.Errorf("blank actors older than %s: %w", before.Format(time.DateOnly), err)
		}
		done.Actors += tag.RowsAffected()
	}
	return nil
}
