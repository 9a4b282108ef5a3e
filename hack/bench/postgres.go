package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	v1 "github.com/acme/inventory-service/api/v1"
)

// postgres is the same service on tables: one transaction for a cart, which
// updates each stock row on condition that there is enough and inserts the
// reservation and its outcome event.
type postgres struct {
	*lab
	needless
	database *database
	pool     *pgxpool.Pool
}

func (*postgres) name() string { return "postgres" }

const schema = `
DROP TABLE IF EXISTS stock, reservations, outbox;
CREATE TABLE stock (
	product text, location text, received bigint NOT NULL, reserved bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (product, location)
) WITH (fillfactor = 50);
CREATE TABLE reservations (
	id uuid PRIMARY KEY, cart text NOT NULL, items jsonb NOT NULL, phase text NOT NULL,
	decided_at timestamptz NOT NULL, expires_at timestamptz
);
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, type text NOT NULL, payload jsonb NOT NULL);
`

func (p *postgres) start(ctx context.Context, w workload) error {
	if p.pool == nil {
		if err := p.open(ctx); err != nil {
			return err
		}
	}
	if _, err := p.pool.Exec(ctx, schema); err != nil {
		return err
	}
	_, err := p.pool.CopyFrom(ctx, pgx.Identifier{"stock"}, []string{"product", "location", "received"},
		pgx.CopyFromSlice(w.products, func(i int) ([]any, error) { return []any{product(i), location, w.received}, nil }))
	return err
}

func (p *postgres) open(ctx context.Context) error {
	var err error
	if p.database, err = p.openDatabase(); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(p.database.dsn)
	if err != nil {
		return err
	}
	config.MaxConns = 256
	if p.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for p.pool.Ping(ctx) != nil {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("PostgreSQL does not answer: %w: see %s", err, p.database.server.log)
		}
	}
	return nil
}

// errShort says that a cart cannot be served.
var errShort = errors.New("not enough stock")

func (p *postgres) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	// One order of locking, so that carts cannot block each other.
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b v1.ReservationItem) int { return strings.Compare(a.ProductID, b.ProductID) })
	text, err := json.Marshal(items)
	if err != nil {
		return "", false, err
	}
	err = p.take(ctx, id, items, text)
	if !errors.Is(err, errShort) {
		return id, err == nil, err
	}
	refuse := &pgx.Batch{} // one round trip, one transaction
	refuse.Queue(`INSERT INTO reservations VALUES ($1, $2, $3, 'Unavailable', now(), NULL)`, id, id, text)
	refuse.Queue(`INSERT INTO outbox (type, payload) VALUES ('unavailable', $1)`, text)
	return id, false, p.pool.SendBatch(ctx, refuse).Close()
}

// take makes the reservation, if every item can be had.
func (p *postgres) take(ctx context.Context, id string, items []v1.ReservationItem, text []byte) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, i := range items {
			batch.Queue(`UPDATE stock SET reserved = reserved + $1
				WHERE product = $2 AND location = $3 AND received - reserved >= $1`, i.Quantity, i.ProductID, location)
		}
		batch.Queue(`INSERT INTO reservations VALUES ($1, $2, $3, 'Reserved', now(), now() + interval '15 minutes')`, id, id, text)
		batch.Queue(`INSERT INTO outbox (type, payload) VALUES ('reserved', $1)`, text)
		results := tx.SendBatch(ctx, batch)
		for range items {
			tag, err := results.Exec()
			if err == nil && tag.RowsAffected() == 0 {
				err = errShort
			}
			if err != nil {
				return errors.Join(err, results.Close())
			}
		}
		return results.Close()
	})
}

func (p *postgres) release(ctx context.Context, id string) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		var text []byte
		err := tx.QueryRow(ctx, `UPDATE reservations SET phase = 'Released' WHERE id = $1 AND phase = 'Reserved' RETURNING items`, id).Scan(&text)
		if err != nil {
			return err
		}
		var items []v1.ReservationItem
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, i := range items {
			batch.Queue(`UPDATE stock SET reserved = reserved - $1 WHERE product = $2 AND location = $3`, i.Quantity, i.ProductID, location)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

func (p *postgres) usage(ctx context.Context) (usage, error) { return p.database.usage(ctx) }

// stop leaves the server running for the next workload; the lab ends it.
func (p *postgres) stop() error { return nil }

// close ends the server.
func (p *postgres) close() error {
	if p.pool != nil {
		p.pool.Close()
	}
	if p.database == nil || p.database.server == nil {
		return nil
	}
	return p.database.server.stop()
}
