package archived

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/sqlbooks"
	"github.com/acme/inventory-service/test/testbed"
)

// Database is the database of an archive, as an auditor reads it.
type Database struct {
	w    *testbed.World
	Pool *pgxpool.Pool
}

// Open reads a database beside the archive.
func Open(w *testbed.World, url string) *Database {
	w.Helper()
	config, err := pgxpool.ParseConfig(url)
	w.Must(err)
	config.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(w.Context(), config)
	w.Must(err)
	w.Cleanup(pool.Close)
	return &Database{w: w, Pool: pool}
}

// Count is the number that a query returns.
func (a *Database) Count(query string, arguments ...any) (n int64) {
	a.w.Helper()
	a.w.Must(a.Pool.QueryRow(a.w.Context(), query, arguments...).Scan(&n))
	return n
}

// Await waits until the archive says all that the journal says, and checks that it says nothing
// else: rows against a replay of the pages, movements against balances, and each outcome that a
// client was told.
func (a *Database) Await(crowds ...*testbed.Crowd) {
	a.w.Helper()
	deadline := time.Now().Add(testbed.Patience)
	for {
		err := a.compare()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			a.w.Fatalf("the archive is not what the journal says: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // a poll of another process
	}
	for _, crowd := range crowds {
		for command, told := range crowd.Told {
			a.checkTold(command, told)
		}
	}
}

// checkTold checks that an outcome is archived as its client was told, once.
func (a *Database) checkTold(command string, told *testbed.Told) {
	a.w.Helper()
	id, _ := project.UUID(stock.ID(told.Reservation))
	table := "reservations"
	if told.Refused {
		table = "refusals"
	}
	if n := a.Count("SELECT count(*) FROM "+table+" WHERE namespace = $1 AND reservation_id = $2", a.w.Namespace, id); n != 1 {
		a.w.Errorf("command %s was told %q: there are %d such rows in %s", command, told.Text, n, table)
	}
}

// compare tells how the archive differs from what the journal says now.
func (a *Database) compare() error {
	ctx, cancel := context.WithTimeout(a.w.Context(), 10*time.Second)
	defer cancel()
	return sqlbooks.Compare(ctx, a.Pool, a.w.Namespace, a.w.Pages())
}

// AwaitTables waits until the archive has made the tables.
func (a *Database) AwaitTables() {
	a.w.Helper()
	deadline := time.Now().Add(testbed.Patience)
	for {
		var there bool
		err := a.Pool.QueryRow(a.w.Context(), "SELECT to_regclass('journal_positions') IS NOT NULL").Scan(&there)
		if err == nil && there {
			return
		}
		if time.Now().After(deadline) {
			a.w.Fatalf("there are no tables: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // a poll of another process
	}
}

// AwaitCarts waits until so many carts are archived.
func (a *Database) AwaitCarts(carts int64) {
	a.w.Helper()
	deadline := time.Now().Add(testbed.Patience)
	for {
		var n int64
		err := a.Pool.QueryRow(a.w.Context(), `SELECT (SELECT count(*) FROM reservations WHERE namespace = $1) + (SELECT count(*) FROM refusals WHERE namespace = $1)`,
			a.w.Namespace).Scan(&n)
		if err == nil && n >= carts {
			return
		}
		if time.Now().After(deadline) {
			a.w.Fatalf("%d carts are archived, want %d: %v", n, carts, err)
		}
		time.Sleep(20 * time.Millisecond) // a poll of another process
	}
}
