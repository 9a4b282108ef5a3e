package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/stock"
)

// Saved returns what a Book has to know of what is archived at a position.
func (s *Store) Saved(ctx context.Context, namespace string, at Position) (project.Saved, error) {
	ctx, cancel := context.WithTimeout(ctx, s.history)
	defer cancel()
	saved := project.Saved{Page: at.Page, Head: at.Head, Marks: at.Marks}
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, load := range []func(context.Context, pgx.Tx, string, *project.Saved) error{loadItems, loadTotals, loadCarts} {
			if err := load(ctx, tx, namespace, &saved); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return project.Saved{}, fmt.Errorf("read what is archived of namespace %s: %w", namespace, database.Plain(err))
	}
	return saved, nil
}

func loadItems(ctx context.Context, tx pgx.Tx, namespace string, saved *project.Saved) error {
	rows, err := tx.Query(ctx, `
		SELECT item_uid, name, coalesce(p.text, product_id::text), location, created_at, generation, version, received, sellable, safety_stock,
			low_stock, priority, suspended, untracked, refused, takes_over, waits
		FROM stock_items LEFT JOIN ids p ON p.id = product_id WHERE namespace = $1 AND deleted_at IS NULL`, namespace)
	if err != nil {
		return err
	}
	var i stock.Item
	var created *time.Time
	var version int64
	_, err = pgx.ForEachRow(rows, []any{
		&i.UID, &i.Name, &i.Product, &i.Location, &created, &i.Generation, &version, &i.Received, &i.Sellable, &i.SafetyStock,
		&i.LowStock, &i.Priority, &i.Suspended, &i.Untracked, &i.Refused, &i.TakesOver, &i.Waits,
	}, func() error {
		i.Created, i.Version = stockTime(created), uint64(version)
		saved.Items = append(saved.Items, i)
		return nil
	})
	return err
}

func loadTotals(ctx context.Context, tx pgx.Tx, namespace string, saved *project.Saved) error {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(p.text, product_id::text), location, consumed
		FROM stock_locations LEFT JOIN ids p ON p.id = product_id WHERE namespace = $1 AND consumed > 0`, namespace)
	if err != nil {
		return err
	}
	var t stock.Total
	_, err = pgx.ForEachRow(rows, []any{&t.Product, &t.Location, &t.Consumed}, func() error {
		saved.Totals = append(saved.Totals, t)
		return nil
	})
	return err
}

// loadCarts reads what holds units, and what was not delivered.
func loadCarts(ctx context.Context, tx pgx.Tx, namespace string, saved *project.Saved) error {
	published := int64(saved.Marks.Published)
	carts := map[string]*stock.Reservation{}
	var order []string
	for _, query := range []string{`
		SELECT r.reservation_id::text || r.created_at::text, coalesce(i.text, r.reservation_id::text), status, coalesce(o.text, order_id::text, ''),
			coalesce(c.text, cart_id::text, ''), r.created_at, expires_at, first_expires_at, ended_at, coalesce(release_reason, ''),
			coalesce(p.text, replaces::text, ''), coalesce(b.text, replaced_by::text, ''), outcome_id::text, outcome_number,
			coalesce(object_uid, ''), coalesce(object_name, ''), object_version, object_gone
		FROM reservations r LEFT JOIN ids i ON i.id = r.reservation_id LEFT JOIN ids o ON o.id = order_id LEFT JOIN ids c ON c.id = cart_id
			LEFT JOIN ids p ON p.id = replaces LEFT JOIN ids b ON b.id = replaced_by
		WHERE namespace = $1 AND (status = 'HELD' OR outcome_number > $2)`, `
		SELECT r.reservation_id::text || r.created_at::text, coalesce(i.text, r.reservation_id::text), 'REFUSED', coalesce(o.text, order_id::text, ''),
			coalesce(c.text, cart_id::text, ''), r.created_at, CAST(NULL AS timestamptz), CAST(NULL AS timestamptz), CAST(NULL AS timestamptz), '',
			coalesce(p.text, replaces::text, ''), '', outcome_id::text, outcome_number,
			coalesce(object_uid, ''), coalesce(object_name, ''), object_version, object_gone
		FROM refusals r LEFT JOIN ids i ON i.id = r.reservation_id LEFT JOIN ids o ON o.id = order_id LEFT JOIN ids c ON c.id = cart_id
			LEFT JOIN ids p ON p.id = replaces
		WHERE namespace = $1 AND outcome_number > $2`,
	} {
		rows, err := tx.Query(ctx, query, namespace, published)
		if err != nil {
			return err
		}
		var key, status string
		var r stock.Reservation
		var created, expires, first, ended *time.Time
		var number, version int64
		_, err = pgx.ForEachRow(rows, []any{
			&key, &r.ID, &status, &r.Order, &r.Cart, &created, &expires, &first, &ended, &r.Reason, &r.Replaces, &r.ReplacedBy, &r.Outcome, &number,
			&r.Object.UID, &r.Object.Name, &version, &r.Object.Gone,
		}, func() error {
			cart := r
			cart.Phase = phases[status]
			cart.At, cart.Expires, cart.FirstExpires, cart.Ended = stockTime(created), stockTime(expires), stockTime(first), stockTime(ended)
			cart.Number, cart.Object.Version = uint64(number), uint64(version)
			carts[key] = &cart
			order = append(order, key)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := loadAllocations(ctx, tx, namespace, published, carts); err != nil {
		return err
	}
	for _, key := range order {
		saved.Carts = append(saved.Carts, *carts[key])
	}
	return nil
}

var phases = map[string]stock.Phase{
	"HELD": stock.PhaseReserved, "RELEASED": stock.PhaseReleased, "CONSUMED": stock.PhaseConsumed, "REFUSED": stock.PhaseRefused,
}

// loadAllocations reads lines and allocations. Their order is not archived; it decides nothing
// about balances.
func loadAllocations(ctx context.Context, tx pgx.Tx, namespace string, published int64, carts map[string]*stock.Reservation) error {
	rows, err := tx.Query(ctx, `
		SELECT r.reservation_id::text || r.created_at::text, coalesce(p.text, a.product_id::text), a.location, a.quantity, a.consumed, a.released
		FROM reservations r JOIN reservation_allocations a USING (reservation_id, created_at, namespace) LEFT JOIN ids p ON p.id = a.product_id
		WHERE r.namespace = $1 AND (r.status = 'HELD' OR r.outcome_number > $2) ORDER BY a.reservation_id, a.created_at, a.product_id, a.location`, namespace, published)
	if err != nil {
		return err
	}
	var key string
	var a stock.Allocation
	_, err = pgx.ForEachRow(rows, []any{&key, &a.Product, &a.Location, &a.Quantity, &a.Consumed, &a.Released}, func() error {
		if r, ok := carts[key]; ok {
			r.Allocations = append(r.Allocations, a)
		}
		return nil
	})
	if err != nil {
		return err
	}
	lines, err := tx.Query(ctx, `
		SELECT r.reservation_id::text || r.created_at::text, coalesce(p.text, i.product_id::text), i.quantity
		FROM reservations r JOIN reservation_items i USING (reservation_id, created_at, namespace) LEFT JOIN ids p ON p.id = i.product_id
		WHERE r.namespace = $1 AND (r.status = 'HELD' OR r.outcome_number > $2) ORDER BY i.reservation_id, i.created_at, i.product_id`, namespace, published)
	if err != nil {
		return err
	}
	var line stock.Line
	_, err = pgx.ForEachRow(lines, []any{&key, &line.Product, &line.Quantity}, func() error {
		if r, ok := carts[key]; ok {
			r.Lines = append(r.Lines, line)
		}
		return nil
	})
	return err
}

// Checkpoints returns how far the pages of an epoch from one number on are archived, by number.
func (s *Store) Checkpoints(ctx context.Context, namespace string, epoch int, from uint64) (map[uint64]Checkpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, s.history)
	defer cancel()
	rows, err := s.pool.Query(ctx, "SELECT page, record, digest FROM journal_pages WHERE namespace = $1 AND epoch = $2 AND page >= $3", namespace, epoch, int64(from))
	if err != nil {
		return nil, database.Plain(err)
	}
	known := map[uint64]Checkpoint{}
	var page int64
	var c Checkpoint
	_, err = pgx.ForEachRow(rows, []any{&page, &c.Record, &c.Digest}, func() error {
		c.Page = uint64(page)
		known[c.Page] = c
		return nil
	})
	return known, database.Plain(err)
}
