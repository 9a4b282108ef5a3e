package sqlbooks

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/replay"
	"github.com/acme/inventory-service/internal/stock"
)

// Compare tells how the rows of a namespace differ from what its pages, read at one version, say:
// carts and balances from a replay, and movements, allocations and lines from what stands beside
// them. What the journal has forgotten may be archived, and must not be held there.
func Compare(ctx context.Context, pool *pgxpool.Pool, namespace string, pages []journal.Page) error {
	state, err := replay.State(pages)
	if err != nil {
		return err
	}
	return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		c := comparison{ctx: ctx, tx: tx, namespace: namespace, state: state}
		return errors.Join(c.carts(), c.balances(), c.sums(), c.delivered())
	})
}

type comparison struct {
	ctx       context.Context
	tx        pgx.Tx
	namespace string
	state     *stock.State
}

func (c comparison) carts() error {
	rows, err := c.tx.Query(c.ctx, `
		SELECT reservation_id::text, status FROM reservations WHERE namespace = $1
		UNION ALL SELECT reservation_id::text, 'REFUSED' FROM refusals WHERE namespace = $1`, c.namespace)
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
	known, held := 0, 0
	for r := range c.state.Reservations() {
		u, _ := project.UUID(r.ID)
		want := map[stock.Phase]string{
			stock.PhaseReserved: "HELD", stock.PhaseReleased: "RELEASED", stock.PhaseConsumed: "CONSUMED", stock.PhaseRefused: "REFUSED",
		}[r.Phase]
		if got := status[u.String()]; got != want {
			return fmt.Errorf("reservation %s is %s, archived as %q", r.ID, want, got)
		}
		if known++; want == "HELD" {
			held++
		}
	}
	for _, is := range status {
		if is == "HELD" {
			held--
		}
	}
	if held != 0 {
		return fmt.Errorf("%d more reservations are archived as held than are", -held)
	}
	if len(status) < known {
		return fmt.Errorf("%d carts are archived, the journal knows %d", len(status), known)
	}
	return nil
}

func (c comparison) balances() error {
	rows, err := c.tx.Query(c.ctx, `
		SELECT coalesce(text, product_id::text), location, received, reserved, consumed, available
		FROM stock_locations LEFT JOIN ids ON id = product_id WHERE namespace = $1`, c.namespace)
	if err != nil {
		return err
	}
	seen := map[stock.Key]bool{}
	var key stock.Key
	var b stock.Balance
	_, err = pgx.ForEachRow(rows, []any{&key.Product, &key.Location, &b.Received, &b.Reserved, &b.Consumed, &b.Available}, func() error {
		seen[key] = true
		want := c.state.Balance(key)
		want.Item = ""
		if b != want {
			return fmt.Errorf("%v is %+v, archived as %+v", key, want, b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key := range c.state.Keys() {
		if !seen[key] {
			return fmt.Errorf("%v is not archived", key)
		}
	}
	return nil
}

// sums checks that movements, items and allocations come to what stands beside them.
func (c comparison) sums() error {
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
		if err := c.tx.QueryRow(c.ctx, query, c.namespace).Scan(&n); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if n > 0 {
			return fmt.Errorf("%s: %d rows", what, n)
		}
	}
	return nil
}

// delivered checks that the event of each cart that is known is archived once it was delivered.
func (c comparison) delivered() error {
	rows, err := c.tx.Query(c.ctx, "SELECT event_id FROM delivered_events WHERE namespace = $1", c.namespace)
	if err != nil {
		return err
	}
	archived := map[string]bool{}
	var event string
	if _, err = pgx.ForEachRow(rows, []any{&event}, func() error { archived[event] = true; return nil }); err != nil {
		return err
	}
	for r := range c.state.Reservations() {
		event := string(r.Outcome) + ".reserved"
		if r.Phase == stock.PhaseRefused {
			event = string(r.Outcome) + ".unavailable"
		}
		if delivered := r.Number <= c.state.Marks().Published; delivered != archived[event] {
			return fmt.Errorf("event %s was delivered: %t, archived as delivered: %t", event, delivered, archived[event])
		}
	}
	return nil
}
