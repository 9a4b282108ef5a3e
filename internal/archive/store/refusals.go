package store

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/stock"
)

// queueRefusals queues refused carts that are not archived yet. In a gap some are, and are restated.
func queueRefusals(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Reservation) {
	conflict := ""
	if b.Gap != nil {
		conflict = `ON CONFLICT (reservation_id, created_at, namespace) DO UPDATE SET order_id = excluded.order_id, object_uid = excluded.object_uid,
			object_name = excluded.object_name, object_version = excluded.object_version, object_gone = excluded.object_gone,
			epoch = excluded.epoch, page = excluded.page, record = excluded.record`
	}
	batch.Queue(`INSERT INTO refusals (`+commonColumns+`) SELECT $1, $2, `+unnested(3, commonTypes)+` `+conflict, outcomesOf(rows, ids).arguments(b)...)
	queueRefusalItems(batch, b, ids, rows)
}

// queueRefusalChanges queues refused carts that are archived and have changed: their order or
// object is known now.
func queueRefusalChanges(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Reservation) {
	o := outcomesOf(rows, ids)
	batch.Queue(`
		UPDATE refusals r SET order_id = n.order_id, object_uid = n.object_uid, object_name = n.object_name, object_version = n.object_version,
			object_gone = n.object_gone, epoch = $2, page = n.page, record = n.record
		FROM unnest($3::uuid[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[], $8::bigint[], $9::bool[], $10::bigint[], $11::bigint[])
			AS n (reservation_id, created_at, order_id, object_uid, object_name, object_version, object_gone, page, record)
		WHERE r.namespace = $1 AND r.reservation_id = n.reservation_id AND r.created_at = n.created_at`,
		b.Namespace, b.To.Epoch, o.ids, o.created, o.orderOf, o.objects, o.names, o.versions, o.gone, o.pages, o.records)
}

func queueRefusalItems(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Reservation) {
	var reservations, products []pgtype.UUID
	var quantities []int64
	var available []*int64
	var short []bool
	var created []*time.Time
	for i := range rows {
		r := &rows[i]
		missing := map[stock.ID]stock.Shortage{}
		for _, s := range r.Short {
			missing[s.Product] = s
		}
		id, at := ids.column(r.ID), timeOf(r.At)
		for _, line := range r.Lines {
			s, is := missing[line.Product]
			var there *int64
			if is {
				there = &s.Available
			}
			reservations, created, products = append(reservations, id), append(created, at), append(products, ids.column(line.Product))
			quantities, short, available = append(quantities, line.Quantity), append(short, is), append(available, there)
		}
	}
	if len(reservations) == 0 {
		return
	}
	batch.Queue(`
		INSERT INTO refusal_items (namespace, reservation_id, created_at, product_id, quantity, short, available)
		SELECT $1, `+unnested(2, "uuid timestamptz uuid bigint bool bigint")+` ON CONFLICT DO NOTHING`,
		b.Namespace, reservations, created, products, quantities, short, available)
}

// queueAmendment queues what became known of a cart that has ended. An older version of an object
// says nothing, and that one is gone is final.
func queueAmendment(batch *pgx.Batch, b Batch, ids identifiers, a project.Amendment) {
	for _, table := range []string{"reservations", "refusals"} {
		if a.Order != "" {
			batch.Queue(`UPDATE `+table+` SET order_id = $3, epoch = $4, page = $5, record = $6`+youngest(table),
				b.Namespace, ids.must(a.ID), ids.must(a.Order), b.To.Epoch, int64(a.Page), int64(a.Record))
		} else {
			batch.Queue(`
				UPDATE `+table+` SET object_uid = $3, object_name = $4, object_version = $5, object_gone = $6, epoch = $7, page = $8, record = $9
`+youngest(table)+` AND object_version <= $5 AND NOT coalesce(object_gone AND object_uid = $3, false)`,
				b.Namespace, ids.must(a.ID), textOf(a.Object.UID), textOf(a.Object.Name), int64(a.Object.Version), a.Object.Gone,
				b.To.Epoch, int64(a.Page), int64(a.Record))
		}
	}
}

// youngest finds a cart by its id alone: an id that was forgotten can be decided again.
func youngest(table string) string {
	return ` WHERE namespace = $1 AND reservation_id = $2 AND created_at = (SELECT max(created_at) FROM ` + table + ` WHERE namespace = $1 AND reservation_id = $2)`
}
