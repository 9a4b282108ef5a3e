package schema

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// publishedDDL are the tables as they were published, in a schema of their own. A consumer knows
// nothing else.
const publishedDDL = `
	CREATE SCHEMA published;
	CREATE TABLE published.stock (
		product_id UUID PRIMARY KEY,
		available  INTEGER NOT NULL CHECK (available >= 0),
		reserved   INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
		updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
	);
	CREATE TABLE published.reservations (
		reservation_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
		order_id       UUID,
		cart_id        UUID,
		status         TEXT NOT NULL DEFAULT 'HELD' CHECK (status IN ('HELD', 'RELEASED', 'CONSUMED')),
		created_at     TIMESTAMPTZ NOT NULL DEFAULT now()
	);
	CREATE TABLE published.reservation_items (
		reservation_id UUID NOT NULL REFERENCES published.reservations ON DELETE CASCADE,
		product_id     UUID NOT NULL,
		quantity       INTEGER NOT NULL CHECK (quantity > 0),
		PRIMARY KEY (reservation_id, product_id)
	);`

// consumers are what those who know the published tables ask.
var consumers = []string{
	`SELECT product_id::text, available::bigint, reserved::bigint FROM stock ORDER BY 1`,
	`SELECT product_id::text FROM stock WHERE available < 5 ORDER BY 1`,
	`SELECT status, count(*) FROM reservations GROUP BY status ORDER BY 1`,
	`SELECT r.reservation_id::text, r.cart_id::text, i.product_id::text, i.quantity::bigint FROM reservations r JOIN reservation_items i USING (reservation_id)
		WHERE r.order_id = '00000000-0000-0000-0000-0000000000a1' ORDER BY 1, 3`,
	`SELECT s.product_id::text, s.reserved::bigint, sum(i.quantity)::bigint FROM stock s JOIN reservation_items i USING (product_id)
		JOIN reservations r ON r.reservation_id = i.reservation_id AND r.status = 'HELD' GROUP BY 1, 2 ORDER BY 1`,
	`SELECT date_trunc('day', created_at)::text, count(*) FROM reservations WHERE status = 'CONSUMED' GROUP BY 1`,
	`SELECT * FROM reservations LIMIT 0`,
}

// What was published is a subset of what is there: each column, each check; and a consumer that may
// read the three tables and nothing else gets the same answers from both.
func TestPublishedConsumer(t *testing.T) {
	server := postgrestest.Shared(t)
	database := postgrestest.Database(t)
	owner := migrated(t, server.URL(postgres.PlainRole, database))
	execute(t, owner, publishedDDL)
	for what, missing := range map[string]string{
		"columns": `SELECT format('%s.%s', p.table_name, p.column_name) FROM information_schema.columns p WHERE p.table_schema = 'published' AND NOT EXISTS (
			SELECT FROM information_schema.columns o WHERE o.table_schema = 'public' AND o.table_name = p.table_name AND o.column_name = p.column_name
				AND (o.data_type = p.data_type OR (o.data_type, p.data_type) = ('bigint', 'integer')) AND (o.is_nullable = 'NO' OR p.is_nullable = 'YES'))`,
		"checks": `SELECT format('%s: %s', c.relname, pg_get_constraintdef(p.oid)) FROM pg_constraint p JOIN pg_class c ON c.oid = p.conrelid
			WHERE p.connamespace = 'published'::regnamespace AND p.contype = 'c' AND NOT EXISTS (
			SELECT FROM pg_constraint o JOIN pg_class oc ON oc.oid = o.conrelid WHERE o.connamespace = 'public'::regnamespace AND o.contype = 'c'
				AND oc.relname = c.relname AND pg_get_constraintdef(o.oid) = pg_get_constraintdef(p.oid))`,
	} {
		rows, err := owner.Query(t.Context(), missing)
		if err != nil {
			t.Fatal(err)
		}
		if lacks, err := pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || len(lacks) > 0 {
			t.Errorf("these %s were published and are not there: %v (%v)", what, lacks, err)
		}
	}
	for schema, more := range map[string][2]string{
		"published": {"", ""},
		"public":    {", namespace, outcome_id, outcome_number, epoch, page, record", ", 'shop', gen_random_uuid(), n, 1, 1, n"},
	} {
		stock, items := "", ""
		if schema == "public" {
			stock, items = ", namespace", ", created_at, namespace"
		}
		shop := map[string]string{"": "", ", namespace": ", 'shop'", ", created_at, namespace": ", '2026-11-05T12:00:00Z'::timestamptz, 'shop'"}
		execute(t, owner, fmt.Sprintf(`
			INSERT INTO %[1]s.stock (product_id, available, reserved%[2]s) SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, n * 3, n%[3]s FROM generate_series(1, 3) n;
			INSERT INTO %[1]s.reservations (reservation_id, order_id, cart_id, status, created_at%[4]s)
				SELECT ('00000000-0000-0000-0000-0000000000b' || n)::uuid, '00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-0000000000c1',
					(ARRAY['HELD', 'RELEASED', 'CONSUMED'])[n], '2026-11-05T12:00:00Z'%[5]s FROM generate_series(1, 3) n;
			INSERT INTO %[1]s.reservation_items (reservation_id, product_id, quantity%[6]s)
				SELECT ('00000000-0000-0000-0000-0000000000b' || n)::uuid, ('00000000-0000-0000-0000-00000000000' || n)::uuid, n%[7]s FROM generate_series(1, 3) n`,
			schema, stock, shop[stock], more[0], more[1], items, shop[items]))
	}
	if err := server.CreateRole(t.Context(), "consumer"); err != nil {
		t.Fatal(err)
	}
	execute(t, owner, `GRANT USAGE ON SCHEMA published TO consumer; GRANT SELECT ON ALL TABLES IN SCHEMA published TO consumer;
		GRANT SELECT ON stock, reservations, reservation_items TO consumer`)
	consumer := connect(t, configOf(t, server.URL("consumer", database)))
	for _, question := range consumers {
		answers := map[string][][]any{}
		for _, schema := range []string{"published", "public"} {
			execute(t, consumer, "SET search_path TO "+schema)
			rows, err := consumer.Query(t.Context(), question, pgx.QueryExecModeExec)
			if err != nil {
				t.Fatalf("%s: %s: %v", schema, question, err)
			}
			if answers[schema], err = pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() }); err != nil {
				t.Fatalf("%s: %s: %v", schema, question, err)
			}
		}
		if !reflect.DeepEqual(answers["published"], answers["public"]) {
			t.Errorf("%s: %v, as published %v", question, answers["public"], answers["published"])
		}
	}
}
