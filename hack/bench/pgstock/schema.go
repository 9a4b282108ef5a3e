package pgstock

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Location is where all stock lies.
const Location = "warehouse-1"

// schema leaves room in each page of the stock, so that updates of a row stay on it.
const schema = `
CREATE TABLE stock (
	product text, location text, received bigint NOT NULL, reserved bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (product, location)
) WITH (fillfactor = 50);
CREATE TABLE reservations (
	id uuid PRIMARY KEY, cart text NOT NULL, items jsonb NOT NULL, phase text NOT NULL,
	decided_at timestamptz NOT NULL, expires_at timestamptz
);
CREATE TABLE outbox (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event text NOT NULL, type text NOT NULL, payload jsonb NOT NULL
);
CREATE TABLE journal (
	number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, records bytea NOT NULL
);
`

// Connections is how many connections a service on two cores does best with.
const Connections = 32

// Open makes a pool of connections.
func Open(ctx context.Context, dsn string, connections int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections
	return pgxpool.NewWithConfig(ctx, config)
}

// Prepare makes the tables in an empty database, with so many units of each product.
func Prepare(ctx context.Context, pool *pgxpool.Pool, received int64, products []string) error {
	if _, err := pool.Exec(ctx, schema); err != nil {
		return err
	}
	_, err := pool.CopyFrom(ctx, pgx.Identifier{"stock"}, []string{"product", "location", "received"},
		pgx.CopyFromSlice(len(products), func(i int) ([]any, error) { return []any{products[i], Location, received}, nil }))
	return err
}
