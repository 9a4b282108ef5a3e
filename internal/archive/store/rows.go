package store

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/stock"
)

// most is how many rows one statement takes.
const most = 5000

// queueRows queues the statements that make all tables say what the rows say.
func queueRows(batch *pgx.Batch, b Batch, ids identifiers) {
	var made, changed, refused, refusedChanged []project.Reservation
	for _, r := range b.Rows.Reservations {
		switch {
		case r.Phase == stock.PhaseRefused && r.New:
			refused = append(refused, r)
		case r.Phase == stock.PhaseRefused:
			refusedChanged = append(refusedChanged, r)
		case r.New:
			made = append(made, r)
		default:
			changed = append(changed, r)
		}
	}
	chunks(made, func(rows []project.Reservation) { queueReservations(batch, b, ids, rows) })
	chunks(changed, func(rows []project.Reservation) { queueChanges(batch, b, ids, rows) })
	chunks(refused, func(rows []project.Reservation) { queueRefusals(batch, b, ids, rows) })
	chunks(refusedChanged, func(rows []project.Reservation) { queueRefusalChanges(batch, b, ids, rows) })
	for _, a := range b.Rows.Amendments {
		queueAmendment(batch, b, ids, a)
	}
	chunks(b.Rows.Movements, func(rows []project.Movement) { queueMovements(batch, b, ids, rows) })
	chunks(b.Rows.Delivered, func(rows []project.Delivered) { queueDelivered(batch, b, ids, rows) })
	queueStock(batch, b, ids)
}

// chunks calls each with a part of rows at a time.
func chunks[T any](rows []T, each func([]T)) {
	for len(rows) > 0 {
		n := min(len(rows), most)
		each(rows[:n])
		rows = rows[n:]
	}
}

func queueMovements(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Movement) {
	n := len(rows)
	products, locations, kinds, at := make([]pgtype.UUID, n), make([]string, n), make([]string, n), make([]*time.Time, n)
	received, reserved, consumed := make([]int64, n), make([]int64, n), make([]int64, n)
	reservations, pages, records := make([]pgtype.UUID, n), make([]int64, n), make([]int64, n)
	for i, m := range rows {
		products[i], locations[i], kinds[i], at[i] = ids.column(m.Product), storable(m.Location), m.Kind, timeOf(m.At)
		received[i], reserved[i], consumed[i] = m.Received, m.Reserved, m.Consumed
		reservations[i] = ids.column(m.Reservation)
		pages[i], records[i] = int64(m.Page), int64(m.Record)
	}
	batch.Queue(`
		INSERT INTO stock_movements (namespace, epoch, product_id, location, kind, at, received, reserved, consumed, reservation_id, page, record)
		SELECT $1, $2, `+unnested(3, "uuid text text timestamptz bigint bigint bigint uuid bigint bigint"),
		b.Namespace, b.To.Epoch, products, locations, kinds, at, received, reserved, consumed, reservations, pages, records)
}

func queueDelivered(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Delivered) {
	n := len(rows)
	events, reservations := make([]string, n), make([]pgtype.UUID, n)
	created, delivered := make([]*time.Time, n), make([]*time.Time, n)
	for i, d := range rows {
		events[i], reservations[i] = storable(d.Event), ids.column(d.Reservation)
		created[i], delivered[i] = timeOf(d.Decided), timeOf(d.At)
	}
	batch.Queue(`
		INSERT INTO delivered_events (namespace, event_id, reservation_id, created_at, delivered_at)
		SELECT $1, `+unnested(2, "text uuid timestamptz timestamptz")+` ON CONFLICT DO NOTHING`,
		b.Namespace, events, reservations, created, delivered)
}

// queueStock queues what the stock is at the position.
func queueStock(batch *pgx.Batch, b Batch, ids identifiers) {
	for _, i := range b.Rows.Items {
		queueItem(batch, b, ids, i)
	}
	chunks(b.Rows.Locations, func(rows []project.Location) { queueLocations(batch, b, ids, rows) })
	chunks(b.Rows.Products, func(rows []project.Product) {
		n := len(rows)
		products, available, reserved, at := make([]pgtype.UUID, n), make([]int64, n), make([]int64, n), make([]*time.Time, n)
		for i, p := range rows {
			products[i], available[i], reserved[i], at[i] = ids.column(p.ID), p.Available, p.Reserved, timeOf(p.At)
		}
		batch.Queue(`
			INSERT INTO stock (namespace, product_id, available, reserved, updated_at)
			SELECT $1, `+unnested(2, "uuid bigint bigint timestamptz")+`
			ON CONFLICT (product_id, namespace) DO UPDATE SET available = excluded.available, reserved = excluded.reserved, updated_at = excluded.updated_at`,
			b.Namespace, products, available, reserved, at)
	})
}

func queueLocations(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Location) {
	n := len(rows)
	products, locations, items, at := make([]pgtype.UUID, n), make([]string, n), make([]*string, n), make([]*time.Time, n)
	received, reserved, consumed, available := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, l := range rows {
		products[i], locations[i], items[i], at[i] = ids.column(l.Product), storable(l.Location), textOf(l.Item), timeOf(l.At)
		received[i], reserved[i], consumed[i], available[i] = l.Received, l.Reserved, l.Consumed, l.Available
	}
	batch.Queue(`
		INSERT INTO stock_locations (namespace, product_id, location, item_uid, updated_at, received, reserved, consumed, available)
		SELECT $1, `+unnested(2, "uuid text text timestamptz bigint bigint bigint bigint")+`
		ON CONFLICT (namespace, product_id, location) DO UPDATE SET item_uid = excluded.item_uid, updated_at = excluded.updated_at,
			received = excluded.received, reserved = excluded.reserved, consumed = excluded.consumed, available = excluded.available`,
		b.Namespace, products, locations, items, at, received, reserved, consumed, available)
}

func queueItem(batch *pgx.Batch, b Batch, ids identifiers, i project.Item) {
	batch.Queue(`
		INSERT INTO stock_items (namespace, item_uid, name, product_id, location, created_at, generation, version, received, sellable,
			safety_stock, low_stock, priority, suspended, untracked, refused, takes_over, waits, deleted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT (namespace, item_uid) DO UPDATE SET name = excluded.name, product_id = excluded.product_id, location = excluded.location,
			created_at = excluded.created_at, generation = excluded.generation, version = excluded.version, received = excluded.received,
			sellable = excluded.sellable, safety_stock = excluded.safety_stock, low_stock = excluded.low_stock, priority = excluded.priority,
			suspended = excluded.suspended, untracked = excluded.untracked, refused = excluded.refused, takes_over = excluded.takes_over,
			waits = excluded.waits, deleted_at = excluded.deleted_at`,
		b.Namespace, storable(string(i.UID)), storable(i.Name), ids.must(i.Product), storable(i.Location), timeOf(i.Created), i.Generation, int64(i.Version),
		i.Received, i.Sellable, i.SafetyStock, i.LowStock, i.Priority, i.Suspended, i.Untracked, i.Refused, i.TakesOver, i.Waits, timeOf(i.DeletedAt))
}
