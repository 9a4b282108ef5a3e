package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/hack/bench/pgstock"
	"github.com/acme/inventory-service/internal/postgres"
)

// postgresDirect is the same service on tables, with no server between: the clients run one
// transaction for a cart themselves.
type postgresDirect struct {
	*lab
	needless
	tables
	pool *pgxpool.Pool
}

func (*postgresDirect) name() string { return "postgres" }

func (p *postgresDirect) start(ctx context.Context, w workload, _ string) (err error) {
	p.pool, err = p.create(ctx, p.lab, "bench_direct", w)
	return err
}

func (p *postgresDirect) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	reserved, err := p.store().Reserve(ctx, id, lines(items))
	return id, reserved, err
}

func (p *postgresDirect) release(ctx context.Context, id string) error {
	return p.store().Release(ctx, id)
}

func (p *postgresDirect) store() *pgstock.Store { return &pgstock.Store{Pool: p.pool} }

func (*postgresDirect) usage(context.Context) (usage, error) { return usage{}, nil }

func (p *postgresDirect) stop() error {
	if p.pool != nil {
		p.pool.Close()
		p.pool = nil
	}
	return p.drop()
}

// tables are a database of a contender's own on the server that all share.
type tables struct {
	instance *postgres.Server
	name     string
}

// create makes the database with a workload's stock, and a pool of connections to it.
func (t *tables) create(ctx context.Context, l *lab, name string, w workload) (*pgxpool.Pool, error) {
	var err error
	if t.instance, err = l.openDatabase(ctx); err != nil {
		return nil, err
	}
	t.name = name
	if err := t.instance.CreateDatabase(ctx, t.name); err != nil {
		return nil, err
	}
	pool, err := pgstock.Open(ctx, t.dsn(), pgstock.Connections)
	if err != nil {
		return nil, err
	}
	products := make([]string, w.products)
	for i := range products {
		products[i] = product(i)
	}
	if err := pgstock.Prepare(ctx, pool, w.received, products); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func (t *tables) dsn() string { return t.instance.URL(postgres.PlainRole, t.name) }

// drop leaves the server running for whoever comes next; the lab ends it.
func (t *tables) drop() error {
	if t.instance == nil {
		return nil
	}
	return t.instance.DropDatabase(context.Background(), t.name)
}

// databaseUsage sums up the server and its backends. Those of other contenders rest.
func (t *tables) databaseUsage() (usage, error) { return serverUsage(t.instance) }
