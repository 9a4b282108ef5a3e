package lookup

import (
	"fmt"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/stock"
)

// question is what is asked of the database.
type question struct {
	// name is that of metrics.
	name      string
	in        Namespace
	statement string
	// texts are what the statement takes behind namespace, its uid and most.
	texts []string
	most  int
	// meant tells whether a row is what was asked for: the UUID that stands for a text could be
	// another one's id.
	meant func(*stock.Reservation) bool
}

func (q question) arguments() []any {
	all := []any{q.in.Name, q.in.Namespace, q.most}
	for _, text := range q.texts {
		all = append(all, text)
	}
	return all
}

// idOf is what stands for an id in the database.
func idOf(id stock.ID) string {
	u, _ := project.UUID(id)
	return u.String()
}

func byText(in Namespace, text string) question {
	return question{
		name: queryReservation, in: in, most: 1, texts: []string{idOf(stock.ID(text)), text}, statement: statementByText,
		meant: func(r *stock.Reservation) bool {
			return string(r.ID) == text || string(r.Object.UID) == text || r.Object.Name == text
		},
	}
}

func byOrderOrCart(in Namespace, order, cart stock.ID, most int) question {
	q := question{name: queryFind, in: in, most: most, meant: func(r *stock.Reservation) bool {
		return (order == "" || r.Order == order) && (cart == "" || r.Cart == cart)
	}}
	switch {
	case order == "":
		q.statement, q.texts = statementByCart, []string{idOf(cart)}
	case cart == "":
		q.statement, q.texts = statementByOrder, []string{idOf(order)}
	default:
		q.statement, q.texts = statementByBoth, []string{idOf(order), idOf(cart)}
	}
	return q
}

// The statements, each of which returns one row.
var (
	statementByText = statementFor("(reservation_id = $4::uuid OR object_uid = $5 OR object_name = $5)",
		"reservation_id = $4::uuid DESC, coalesce(object_uid = $5, false) DESC, ")
	statementByOrder = statementFor("order_id = $4::uuid", "")
	statementByCart  = statementFor("cart_id = $4::uuid", "")
	statementByBoth  = statementFor("order_id = $4::uuid AND cart_id = $5::uuid", "")
)

// statementFor is the statement that finds what meets a condition, best first and then the youngest.
//
// current is the first history of the namespace as it is now: the histories from that one on are all
// of a Namespace of that uid.
func statementFor(condition, best string) string {
	order := fmt.Sprintf("ORDER BY %screated_at DESC, outcome_number DESC LIMIT $3", best)
	return fmt.Sprintf(`
WITH database AS MATERIALIZED (
	SELECT coalesce((SELECT max(version_id) FROM archive_migrations WHERE is_applied), 0) AS version,
		coalesce((SELECT cluster_uid FROM archive_origin), '') AS cluster,
		(SELECT min(j.epoch) FROM journals j WHERE j.namespace = $1 AND j.namespace_uid = $2 AND NOT EXISTS (
			SELECT FROM journals later WHERE later.namespace = $1 AND later.epoch > j.epoch AND later.namespace_uid <> $2)) AS current
), found AS MATERIALIZED (
	SELECT * FROM (
		(SELECT %[1]s, status, expires_at, first_expires_at, ended_at, release_reason, replaced_by, released_by, consumed_by
			FROM reservations WHERE namespace = $1 AND epoch >= (SELECT current FROM database) AND %[2]s %[3]s)
		UNION ALL
		(SELECT %[1]s, 'REFUSED', NULL, NULL, created_at, NULL, NULL, NULL, NULL
			FROM refusals WHERE namespace = $1 AND epoch >= (SELECT current FROM database) AND %[2]s %[3]s)
	) AS either %[3]s
)
SELECT version, cluster, current IS NOT NULL, coalesce(at.journal_uid, ''), coalesce(at.page, 0),
	EXISTS (SELECT FROM journal_gaps g WHERE g.namespace = $1 AND g.epoch >= current),
	coalesce((SELECT json_agg(json_build_object(
	'id', coalesce(i.text, f.reservation_id::text), 'status', f.status, 'outcome', f.outcome_id, 'number', f.outcome_number,
	'cart', coalesce(c.text, f.cart_id::text), 'order', coalesce(o.text, f.order_id::text),
	'source', f.command_source, 'command', f.command_id, 'uid', f.object_uid, 'name', f.object_name, 'gone', f.object_gone,
	'at', %[4]s, 'expires', %[5]s, 'firstExpires', %[6]s, 'ended', %[7]s,
	'reason', f.release_reason, 'replaces', coalesce(p.text, f.replaces::text), 'replacedBy', coalesce(b.text, f.replaced_by::text),
	'actor', f.actor, 'releasedBy', f.released_by, 'consumedBy', f.consumed_by,
	'items', (SELECT json_agg(json_build_object('product', coalesce(t.text, l.product_id::text), 'quantity', l.quantity) ORDER BY l.product_id)
		FROM reservation_items l LEFT JOIN ids t ON t.id = l.product_id WHERE f.status <> 'REFUSED' AND %[8]s),
	'allocations', (SELECT json_agg(json_build_object('product', coalesce(t.text, l.product_id::text), 'location', l.location,
			'quantity', l.quantity, 'consumed', l.consumed, 'released', l.released) ORDER BY l.product_id, l.location)
		FROM reservation_allocations l LEFT JOIN ids t ON t.id = l.product_id WHERE f.status <> 'REFUSED' AND %[8]s),
	'refused', (SELECT json_agg(json_build_object('product', coalesce(t.text, l.product_id::text), 'quantity', l.quantity,
			'short', l.short, 'available', l.available) ORDER BY l.product_id)
		FROM refusal_items l LEFT JOIN ids t ON t.id = l.product_id WHERE f.status = 'REFUSED' AND %[8]s)
	)) FROM (SELECT * FROM found %[3]s) AS f
		LEFT JOIN ids i ON i.id = f.reservation_id LEFT JOIN ids c ON c.id = f.cart_id LEFT JOIN ids o ON o.id = f.order_id
		LEFT JOIN ids p ON p.id = f.replaces LEFT JOIN ids b ON b.id = f.replaced_by), '[]')
FROM database LEFT JOIN journal_positions at ON at.namespace = $1`,
		columns, condition, order, micros("created_at"), micros("expires_at"), micros("first_expires_at"), micros("ended_at"),
		"l.reservation_id = f.reservation_id AND l.created_at = f.created_at AND l.namespace = f.namespace")
}

// columns are those that reservations and refusals have in common.
const columns = `reservation_id, created_at, namespace, order_id, cart_id, object_uid, object_name, object_gone, outcome_id, outcome_number,
			command_source, command_id, replaces, actor`

// micros is a moment as the journal has it.
func micros(column string) string { return "(extract(epoch FROM f." + column + ") * 1000000)::bigint" }
