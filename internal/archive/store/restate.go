package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/stock"
)

// LostInGap is the reason of holds that ended while nobody read the journal, and that the
// journal has forgotten since.
const LostInGap = "LOST_IN_GAP"

// place is a location of a product as the database knows it.
type place struct {
	product  uuid.UUID
	location string
}

// balance is what the database says of a place.
type balance struct{ received, reserved, consumed int64 }

// restate makes room for rows that are everything the journal knows: what an abandoned history
// said is put aside, and what is no more is marked. Where balances differ, it writes movements.
func restate(ctx context.Context, watched *watched, tx pgx.Tx, b Batch) (Result, error) {
	var result Result
	before, err := balances(ctx, tx, b.Namespace)
	if err != nil {
		return result, err
	}
	watched.goesOn()
	if b.Begins != nil && b.Begins.Shared != nil {
		if result.Superseded, err = supersede(ctx, tx, b, before); err != nil {
			return result, err
		}
	}
	watched.goesOn()
	if result.Lost, err = markLost(ctx, tx, b); err != nil {
		return result, err
	}
	batch := &pgx.Batch{}
	queueDifferences(batch, b, before)
	watched.goesOn()
	result.Rows, err = send(ctx, watched, tx, batch)
	return result, err
}

func balances(ctx context.Context, tx pgx.Tx, namespace string) (map[place]balance, error) {
	rows, err := tx.Query(ctx, "SELECT product_id, location, received, reserved, consumed FROM stock_locations WHERE namespace = $1", namespace)
	if err != nil {
		return nil, err
	}
	known := map[place]balance{}
	var p place
	var is balance
	_, err = pgx.ForEachRow(rows, []any{&p.product, &p.location, &is.received, &is.reserved, &is.consumed}, func() error {
		known[p] = is
		return nil
	})
	return known, err
}

// supersede puts aside what the abandoned history said after the two have parted, and takes its
// movements off the balances.
func supersede(ctx context.Context, tx pgx.Tx, b Batch, known map[place]balance) (count int64, err error) {
	page, record := int64(b.Begins.Shared.Page), int64(b.Begins.Shared.Record)
	rows, err := tx.Query(ctx, `
		WITH gone AS (
			UPDATE stock_movements SET superseded = true
			WHERE namespace = $1 AND epoch = $2 AND (page, record) >= ($3, $4) AND NOT superseded
			RETURNING product_id, location, received, reserved, consumed)
		SELECT product_id, location, sum(received)::bigint, sum(reserved)::bigint, sum(consumed)::bigint, count(*) FROM gone GROUP BY 1, 2`,
		b.Namespace, b.From.Epoch, page, record)
	if err != nil {
		return 0, err
	}
	var p place
	var by balance
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&p.product, &p.location, &by.received, &by.reserved, &by.consumed, &n}, func() error {
		is := known[p]
		known[p] = balance{is.received - by.received, is.reserved - by.reserved, is.consumed - by.consumed}
		count += n
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, table := range []string{"reservations", "refusals"} {
		n, err := putAside(ctx, tx, b, table, page, record)
		if err != nil {
			return 0, err
		}
		count += n
	}
	return count, nil
}

// putAside moves carts of the abandoned history to superseded_rows, with what hangs on them.
func putAside(ctx context.Context, tx pgx.Tx, b Batch, table string, page, record int64) (int64, error) {
	items := map[string]string{"reservations": "reservation_items", "refusals": "refusal_items"}[table]
	aside := `
		INSERT INTO superseded_rows (namespace, epoch, from_table, content)
		SELECT $1, $2, '%[1]s', to_jsonb(x) FROM %[1]s x JOIN %[2]s r USING (reservation_id, created_at, namespace)
		WHERE r.namespace = $1 AND r.epoch = $2 AND (r.page, r.record) >= ($3, $4)`
	remove := `
		DELETE FROM %[1]s x USING %[2]s r WHERE r.namespace = $1 AND r.epoch = $2 AND (r.page, r.record) >= ($3, $4)
			AND x.reservation_id = r.reservation_id AND x.created_at = r.created_at AND x.namespace = r.namespace`
	arguments := []any{b.Namespace, b.From.Epoch, page, record}
	parts := []string{items}
	if table == "reservations" {
		parts = append(parts, "reservation_allocations")
	}
	var count int64
	for _, part := range append(parts, table) {
		tag, err := tx.Exec(ctx, fmt.Sprintf(aside, part, table), arguments...)
		if err != nil {
			return 0, err
		}
		count += tag.RowsAffected()
	}
	for _, part := range parts {
		if _, err := tx.Exec(ctx, fmt.Sprintf(remove, part, table), arguments...); err != nil {
			return 0, err
		}
	}
	_, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE namespace = $1 AND epoch = $2 AND (page, record) >= ($3, $4)", arguments...)
	return count, err
}

// markLost ends the holds that the journal no longer knows, and marks the StockItems and places
// of which it says nothing any more.
func markLost(ctx context.Context, tx pgx.Tx, b Batch) (int64, error) {
	ids := identifiers{} // these are archived already
	var known, products []pgtype.UUID
	var created []*time.Time
	var items []string
	for i := range b.Rows.Reservations {
		r := &b.Rows.Reservations[i]
		known, created = append(known, ids.column(r.ID)), append(created, timeOf(r.At))
	}
	for _, i := range b.Rows.Items {
		items = append(items, storable(string(i.UID)))
	}
	for _, p := range b.Rows.Products {
		products = append(products, ids.column(p.ID))
	}
	at := timeOf(b.To.Marks.At)
	end := b.To
	if b.Begins != nil && b.Begins.Reason == ReasonReplaced {
		end = b.From // they ended with their journal: the one that took its place says nothing about them
	}
	// What is known to have ended is stated by its own row after this. An id that was forgotten may
	// have been decided again, which is another hold.
	tag, err := tx.Exec(ctx, `
		UPDATE reservations SET status = 'RELEASED', release_reason = $3, ended_at = $4, epoch = $5, page = $6, record = $7
		WHERE namespace = $1 AND status = 'HELD' AND NOT EXISTS (
			SELECT FROM unnest($2::uuid[], $8::timestamptz[]) AS known (id, at) WHERE known.id = reservation_id AND known.at = created_at)`,
		b.Namespace, orEmpty(known), LostInGap, at, end.Epoch, int64(end.Page), int64(end.Record), orEmpty(created))
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `UPDATE stock_items SET deleted_at = $3 WHERE namespace = $1 AND deleted_at IS NULL AND NOT item_uid = ANY ($2::text[])`,
		b.Namespace, orEmpty(items), at); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `UPDATE stock SET available = 0, reserved = 0, updated_at = $3 WHERE namespace = $1 AND NOT product_id = ANY ($2::uuid[])`,
		b.Namespace, orEmpty(products), at); err != nil {
		return 0, err
	}
	return tag.RowsAffected(), nil
}

// orEmpty is an array that is not NULL: nothing is equal to any of NULL, and nothing is not.
func orEmpty[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return values
}

// queueDifferences queues a movement for each place whose balances differ from what the journal
// says, so that the sum of all movements is what stands there.
func queueDifferences(batch *pgx.Batch, b Batch, known map[place]balance) {
	ids := identifiers{}
	var rows []project.Movement
	where := project.Place{Page: b.To.Page, Record: b.To.Record}
	for _, l := range b.Rows.Locations {
		key := place{ids.must(l.Product), storable(l.Location)}
		is := known[key]
		delete(known, key)
		rows = appendDifference(rows, project.Movement{
			Key: l.Key, Place: where, Kind: project.Restated, At: b.To.Marks.At,
			Received: l.Received - is.received, Reserved: l.Reserved - is.reserved, Consumed: l.Consumed - is.consumed,
		})
	}
	for key, is := range known {
		rows = appendDifference(rows, project.Movement{
			Key: stock.Key{Product: stock.ID(key.product.String()), Location: key.location}, Place: where, Kind: project.Restated, At: b.To.Marks.At,
			Received: -is.received, Reserved: -is.reserved, Consumed: -is.consumed,
		})
		batch.Queue(`
			UPDATE stock_locations SET received = 0, reserved = 0, consumed = 0, available = 0, item_uid = NULL, updated_at = $4
			WHERE namespace = $1 AND product_id = $2 AND location = $3`, b.Namespace, key.product, key.location, timeOf(b.To.Marks.At))
	}
	chunks(rows, func(rows []project.Movement) { queueMovements(batch, b, ids, rows) })
}

func appendDifference(rows []project.Movement, m project.Movement) []project.Movement {
	if m.Received == 0 && m.Reserved == 0 && m.Consumed == 0 {
		return rows
	}
	return append(rows, m)
}
