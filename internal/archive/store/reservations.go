package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/stock"
)

// correlation is the extension of a command that is archived.
const correlation = "correlationid"

// outcomes are the columns that reservations and refusals have in common.
type outcomes struct {
	ids, outcome                      []pgtype.UUID
	orderOf, cartOf, replaces         []pgtype.UUID
	created, commandTime              []*time.Time
	objects, names, sources, commands []*string
	correlations, actors              []*string
	versions, numbers, pages, records []int64
	gone                              []bool
}

func outcomesOf(rows []project.Reservation, ids identifiers) *outcomes {
	o := &outcomes{}
	for i := range rows {
		r := &rows[i]
		o.ids = append(o.ids, ids.column(r.ID))
		o.orderOf = append(o.orderOf, ids.column(r.CurrentOrder()))
		o.cartOf = append(o.cartOf, ids.column(r.Cart))
		o.replaces = append(o.replaces, ids.column(r.Replaces))
		o.created = append(o.created, timeOf(r.At))
		o.commandTime = append(o.commandTime, timeOf(r.Command.Time))
		o.objects = append(o.objects, textOf(r.Object.UID))
		o.names = append(o.names, textOf(r.Object.Name))
		o.versions = append(o.versions, int64(r.Object.Version))
		o.gone = append(o.gone, r.Object.Gone)
		o.sources = append(o.sources, textOf(r.Command.Source))
		o.commands = append(o.commands, textOf(r.Command.ID))
		o.correlations = append(o.correlations, textOf(r.Extensions[correlation]))
		o.actors = append(o.actors, textOf(r.Actor))
		o.outcome = append(o.outcome, ids.column(r.Outcome))
		o.numbers = append(o.numbers, int64(r.Number))
		o.pages = append(o.pages, int64(r.Page))
		o.records = append(o.records, int64(r.Record))
	}
	return o
}

// arguments are the columns in the order in which commonColumns names them.
func (o *outcomes) arguments(b Batch) []any {
	return []any{
		b.Namespace, b.To.Epoch, o.ids, o.orderOf, o.cartOf, o.created, o.objects, o.names, o.versions, o.gone, o.replaces, o.outcome,
		o.numbers, o.sources, o.commands, o.commandTime, o.correlations, o.actors, o.pages, o.records,
	}
}

const (
	commonColumns = `namespace, epoch, reservation_id, order_id, cart_id, created_at, object_uid, object_name, object_version, object_gone,
		replaces, outcome_id, outcome_number, command_source, command_id, command_time, correlation_id, actor, page, record`
	commonTypes = "uuid uuid uuid timestamptz text text bigint bool uuid uuid bigint text text timestamptz text text bigint bigint"
)

// states are the columns of how reservations stand.
type states struct {
	statuses                                  []string
	expires, first, released, consumed, ended []*time.Time
	reasons, releasedBy, consumers            []*string
	replacedBy                                []pgtype.UUID
}

func statesOf(rows []project.Reservation, ids identifiers) *states {
	s := &states{}
	for i := range rows {
		r := &rows[i]
		s.statuses = append(s.statuses, statuses[r.Phase])
		s.expires = append(s.expires, timeOf(r.Expires))
		s.first = append(s.first, timeOf(r.FirstExpires))
		s.released = append(s.released, timeOf(r.ReleasedAt))
		s.consumed = append(s.consumed, timeOf(r.ConsumedAt))
		s.ended = append(s.ended, timeOf(r.Ended))
		s.reasons = append(s.reasons, textOf(r.Reason))
		s.replacedBy = append(s.replacedBy, ids.column(r.ReplacedBy))
		s.releasedBy = append(s.releasedBy, textOf(r.ReleasedBy))
		s.consumers = append(s.consumers, textOf(r.ConsumedBy))
	}
	return s
}

var statuses = map[stock.Phase]string{
	stock.PhaseReserved: "HELD", stock.PhaseReleased: "RELEASED", stock.PhaseConsumed: "CONSUMED",
}

func (s *states) arguments() []any {
	return []any{s.statuses, s.expires, s.first, s.released, s.consumed, s.ended, s.reasons, s.replacedBy, s.releasedBy, s.consumers}
}

// queueReservations queues carts that are not archived yet. In a gap some are, and are restated.
func queueReservations(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Reservation) {
	conflict := ""
	if b.Gap != nil {
		conflict = `ON CONFLICT (reservation_id, created_at, namespace) DO UPDATE SET order_id = excluded.order_id, status = excluded.status,
			object_uid = excluded.object_uid, object_name = excluded.object_name, object_version = excluded.object_version, object_gone = excluded.object_gone,
			expires_at = excluded.expires_at, first_expires_at = excluded.first_expires_at,
			released_at = coalesce(reservations.released_at, excluded.released_at), consumed_at = coalesce(reservations.consumed_at, excluded.consumed_at),
			ended_at = excluded.ended_at, release_reason = excluded.release_reason, replaced_by = excluded.replaced_by,
			released_by = coalesce(excluded.released_by, reservations.released_by), consumed_by = coalesce(excluded.consumed_by, reservations.consumed_by),
			epoch = excluded.epoch, page = excluded.page, record = excluded.record`
	}
	batch.Queue(`
		INSERT INTO reservations (`+commonColumns+`, status, expires_at, first_expires_at, released_at, consumed_at, ended_at,
			release_reason, replaced_by, released_by, consumed_by)
		SELECT $1, $2, `+unnested(3, commonTypes+" text timestamptz timestamptz timestamptz timestamptz timestamptz text uuid text text")+` `+conflict,
		append(outcomesOf(rows, ids).arguments(b), statesOf(rows, ids).arguments()...)...)
	queueItems(batch, b, ids, rows, b.Gap != nil)
	queueAllocations(batch, b, ids, rows)
}

// queueChanges queues carts that are archived and have changed.
func queueChanges(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Reservation) {
	o := outcomesOf(rows, ids)
	batch.Queue(`
		UPDATE reservations r SET order_id = n.order_id, object_uid = n.object_uid, object_name = n.object_name, object_version = n.object_version,
			object_gone = n.object_gone, status = n.status, expires_at = n.expires_at, first_expires_at = n.first_expires_at,
			released_at = coalesce(n.released_at, r.released_at), consumed_at = coalesce(n.consumed_at, r.consumed_at), ended_at = n.ended_at,
			release_reason = n.release_reason, replaced_by = n.replaced_by, released_by = coalesce(n.released_by, r.released_by),
			consumed_by = coalesce(n.consumed_by, r.consumed_by), epoch = $2, page = n.page, record = n.record
		FROM unnest($3::uuid[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[], $8::bigint[], $9::bool[], $10::bigint[], $11::bigint[],
			$12::text[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $18::text[], $19::uuid[],
			$20::text[], $21::text[])
			AS n (reservation_id, created_at, order_id, object_uid, object_name, object_version, object_gone, page, record,
			status, expires_at, first_expires_at, released_at, consumed_at, ended_at, release_reason, replaced_by, released_by, consumed_by)
		WHERE r.namespace = $1 AND r.reservation_id = n.reservation_id AND r.created_at = n.created_at`,
		append([]any{b.Namespace, b.To.Epoch, o.ids, o.created, o.orderOf, o.objects, o.names, o.versions, o.gone, o.pages, o.records},
			statesOf(rows, ids).arguments()...)...)
	moved := slices.DeleteFunc(slices.Clone(rows), func(r project.Reservation) bool { return r.ReleasedAt == 0 && r.ConsumedAt == 0 })
	if len(moved) == 0 {
		return
	}
	queueItems(batch, b, ids, moved, true)
	queueAllocations(batch, b, ids, moved)
}

// queueItems queues what carts got by product. Where none of it can be archived already, that is
// not asked, since asking costs a third of the write.
func queueItems(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Reservation, known bool) {
	var reservations, products []pgtype.UUID
	var quantities, consumed, released []int64
	var created []*time.Time
	for i := range rows {
		r := &rows[i]
		id, at := ids.column(r.ID), timeOf(r.At)
		for _, line := range r.Lines {
			reservations, created = append(reservations, id), append(created, at)
			products, quantities = append(products, ids.column(line.Product)), append(quantities, line.Quantity)
			var c, given int64
			for _, a := range r.Allocations {
				if a.Product == line.Product {
					c, given = c+a.Consumed, given+a.Released
				}
			}
			consumed, released = append(consumed, c), append(released, given)
		}
	}
	if len(reservations) == 0 {
		return
	}
	conflict := ""
	if known {
		conflict = `ON CONFLICT (reservation_id, product_id, created_at, namespace) DO UPDATE SET consumed = excluded.consumed, released = excluded.released`
	}
	batch.Queue(`
		INSERT INTO reservation_items (namespace, reservation_id, created_at, product_id, quantity, consumed, released)
		SELECT $1, `+unnested(2, "uuid timestamptz uuid bigint bigint bigint")+` `+conflict,
		b.Namespace, reservations, created, products, quantities, consumed, released)
}

// queueAllocations queues where the units of carts are from. A place can be left altogether, where
// its units were shipped from elsewhere.
func queueAllocations(batch *pgx.Batch, b Batch, ids identifiers, rows []project.Reservation) {
	var all, reservations, products []pgtype.UUID
	var locations []string
	var quantities, consumed, released []int64
	var allCreated, created []*time.Time
	for i := range rows {
		r := &rows[i]
		id, at := ids.column(r.ID), timeOf(r.At)
		if !r.New || b.Gap != nil {
			all, allCreated = append(all, id), append(allCreated, at)
		}
		for _, a := range placesOf(r.Allocations) {
			reservations, created = append(reservations, id), append(created, at)
			products, locations = append(products, ids.column(a.Product)), append(locations, storable(a.Location))
			quantities, consumed, released = append(quantities, a.Quantity), append(consumed, a.Consumed), append(released, a.Released)
		}
	}
	if len(all) > 0 {
		batch.Queue(`
			DELETE FROM reservation_allocations a USING unnest($2::uuid[], $3::timestamptz[]) AS n (reservation_id, created_at)
			WHERE a.namespace = $1 AND a.reservation_id = n.reservation_id AND a.created_at = n.created_at`, b.Namespace, all, allCreated)
	}
	if len(reservations) > 0 {
		batch.Queue(`
			INSERT INTO reservation_allocations (namespace, reservation_id, created_at, product_id, location, quantity, consumed, released)
			SELECT $1, `+unnested(2, "uuid timestamptz uuid text bigint bigint bigint"),
			b.Namespace, reservations, created, products, locations, quantities, consumed, released)
	}
}

// placesOf sums up allocations that are of one place.
func placesOf(allocations []stock.Allocation) []stock.Allocation {
	places := slices.Clone(allocations)
	slices.SortStableFunc(places, func(a, b stock.Allocation) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Location, b.Location))
	})
	summed := places[:0]
	for _, a := range places {
		if n := len(summed); n > 0 && summed[n-1].Product == a.Product && summed[n-1].Location == a.Location {
			last := &summed[n-1]
			last.Quantity, last.Consumed, last.Released = last.Quantity+a.Quantity, last.Consumed+a.Consumed, last.Released+a.Released
			continue
		}
		summed = append(summed, a)
	}
	return summed
}
