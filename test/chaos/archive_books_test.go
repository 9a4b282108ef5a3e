package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/replay"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/testbed"
)

// archived is a database as an auditor reads it.
type archived struct {
	w    *testbed.World
	pool *pgxpool.Pool
}

// openArchive reads a database beside the archive.
func openArchive(w *testbed.World, url string) *archived {
	w.Helper()
	config, err := pgxpool.ParseConfig(url)
	w.Must(err)
	config.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(w.Context(), config)
	w.Must(err)
	w.Cleanup(pool.Close)
	return &archived{w: w, pool: pool}
}

// count is the number that a query returns.
func (a *archived) count(query string, arguments ...any) (n int64) {
	a.w.Helper()
	a.w.Must(a.pool.QueryRow(a.w.Context(), query, arguments...).Scan(&n))
	return n
}

// await waits until the archive says all that the journal says, and checks that it says nothing
// else: rows against a replay of the pages, movements against balances, and each outcome that a
// client was told.
func (a *archived) await(crowds ...*testbed.Crowd) {
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
func (a *archived) checkTold(command string, told *testbed.Told) {
	a.w.Helper()
	id, _ := project.UUID(stock.ID(told.Reservation))
	table := "reservations"
	if told.Refused {
		table = "refusals"
	}
	if n := a.count("SELECT count(*) FROM "+table+" WHERE namespace = $1 AND reservation_id = $2", a.w.Namespace, id); n != 1 {
		a.w.Errorf("command %s was told %q: there are %d such rows in %s", command, told.Text, n, table)
	}
}

// compare tells how the archive differs from what the journal says now.
func (a *archived) compare() error {
	ctx, cancel := context.WithTimeout(a.w.Context(), 10*time.Second)
	defer cancel()
	state, err := replay.State(a.w.Pages())
	if err != nil {
		return err
	}
	return pgx.BeginTxFunc(ctx, a.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return errors.Join(a.compareCarts(ctx, tx, state), a.compareBalances(ctx, tx, state), a.compareSums(ctx, tx))
	})
}

func (a *archived) compareCarts(ctx context.Context, tx pgx.Tx, state *stock.State) error {
	rows, err := tx.Query(ctx, `
		SELECT reservation_id::text, status FROM reservations WHERE namespace = $1
		UNION ALL SELECT reservation_id::text, 'REFUSED' FROM refusals WHERE namespace = $1`, a.w.Namespace)
	if err != nil {
		return err
	}
	status := map[string]string{}
	var id, is string
	_, err = pgx.ForEachRow(rows, []any{&id, &is}, func() error {
		if _, doubled := status[id]; doubled {
			return fmt.Errorf("reservation %s is there twice", id)
		}
		status[id] = is
		return nil
	})
	if err != nil {
		return err
	}
	known := 0
	for r := range state.Reservations() {
		u, _ := project.UUID(r.ID)
		want := map[stock.Phase]string{
			stock.PhaseReserved: "HELD", stock.PhaseReleased: "RELEASED", stock.PhaseConsumed: "CONSUMED", stock.PhaseRefused: "REFUSED",
		}[r.Phase]
		if got := status[u.String()]; got != want {
			return fmt.Errorf("reservation %s is %s, archived as %q", r.ID, want, got)
		}
		known++
	}
	if len(status) < known {
		return fmt.Errorf("%d carts are archived, the journal knows %d", len(status), known)
	}
	return nil
}

func (a *archived) compareBalances(ctx context.Context, tx pgx.Tx, state *stock.State) error {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(text, product_id::text), location, received, reserved, consumed, available
		FROM stock_locations LEFT JOIN ids ON id = product_id WHERE namespace = $1`, a.w.Namespace)
	if err != nil {
		return err
	}
	seen := map[stock.Key]bool{}
	var key stock.Key
	var b stock.Balance
	_, err = pgx.ForEachRow(rows, []any{&key.Product, &key.Location, &b.Received, &b.Reserved, &b.Consumed, &b.Available}, func() error {
		seen[key] = true
		want := state.Balance(key)
		want.Item = ""
		if b != want {
			return fmt.Errorf("%v is %+v, archived as %+v", key, want, b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key := range state.Keys() {
		if !seen[key] {
			return fmt.Errorf("%v is not archived", key)
		}
	}
	return nil
}

// compareSums checks that movements, items and allocations come to what stands beside them.
func (a *archived) compareSums(ctx context.Context, tx pgx.Tx) error {
	for what, query := range map[string]string{
		"movements do not come to the balances": `
			SELECT count(*) FROM stock_locations l LEFT JOIN (
				SELECT namespace, product_id, location, sum(received) received, sum(reserved) reserved, sum(consumed) consumed
				FROM stock_movements WHERE NOT superseded GROUP BY 1, 2, 3) m USING (namespace, product_id, location)
			WHERE namespace = $1 AND (l.received, l.reserved, l.consumed) IS DISTINCT FROM (coalesce(m.received, 0), coalesce(m.reserved, 0), coalesce(m.consumed, 0))`,
		"allocations do not come to what is held": `
			SELECT count(*) FROM stock_locations l LEFT JOIN (
				SELECT namespace, product_id, location, sum(greatest(quantity - consumed - released, 0)) held
				FROM reservation_allocations JOIN reservations USING (reservation_id, created_at, namespace) WHERE status = 'HELD' GROUP BY 1, 2, 3) h
				USING (namespace, product_id, location)
			WHERE namespace = $1 AND l.reserved IS DISTINCT FROM coalesce(h.held, 0)`,
		"stock is not the sum over locations": `
			SELECT count(*) FROM stock s LEFT JOIN (SELECT namespace, product_id, sum(reserved) reserved, sum(available) available FROM stock_locations GROUP BY 1, 2) l
				USING (namespace, product_id)
			WHERE namespace = $1 AND (s.reserved, s.available) IS DISTINCT FROM (coalesce(l.reserved, 0)::bigint, coalesce(l.available, 0)::bigint)`,
		"carts without lines": `
			SELECT count(*) FROM reservations r WHERE namespace = $1
				AND NOT EXISTS (SELECT FROM reservation_items i WHERE i.reservation_id = r.reservation_id AND i.created_at = r.created_at)`,
	} {
		var n int64
		if err := tx.QueryRow(ctx, query, a.w.Namespace).Scan(&n); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if n > 0 {
			return fmt.Errorf("%s: %d rows", what, n)
		}
	}
	return nil
}

// awaitTables waits until the archive has made the tables.
func (a *archived) awaitTables() {
	a.w.Helper()
	deadline := time.Now().Add(testbed.Patience)
	for {
		var there bool
		err := a.pool.QueryRow(a.w.Context(), "SELECT to_regclass('journal_positions') IS NOT NULL").Scan(&there)
		if err == nil && there {
			return
		}
		if time.Now().After(deadline) {
			a.w.Fatalf("there are no tables: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // a poll of another process
	}
}
