package retention_test

import (
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/months"
	"github.com/acme/inventory-service/internal/archive/retention"
	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// Old months go, but for those of a held reservation; the sums of movements stay.
func TestRun(t *testing.T) {
	config, err := (&database.Address{URL: postgrestest.URL(t)}).Config()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.Migrate(t.Context(), config.ConnConfig); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), config, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for m := months.Of(time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)); m.String() != "2022-05"; m = m.Next() {
		if err := pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error { return months.Make(t.Context(), tx, m) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		`INSERT INTO reservations (namespace, created_at, status, outcome_id, outcome_number, epoch, page, record, actor)
			SELECT 'shop', at::timestamptz, status, gen_random_uuid(), 1, 1, 1, 1, 'ann'
			FROM (VALUES ('2022-01-10Z', 'RELEASED'), ('2022-02-10Z', 'HELD'), ('2022-03-10Z', 'CONSUMED'), ('2022-04-10Z', 'CONSUMED')) v (at, status)`,
		`INSERT INTO reservation_items (reservation_id, created_at, namespace, product_id, quantity)
			SELECT reservation_id, created_at, namespace, gen_random_uuid(), 1 FROM reservations`,
		`INSERT INTO stock_movements (namespace, at, product_id, location, kind, received, reserved, consumed, epoch, page, record)
			SELECT 'shop', created_at, '00000000-0000-0000-0000-000000000001', 'ams', 'RECEIVED', 10, 1, 0, 1, 1, 1 FROM reservations`,
	} {
		if _, err := s.Pool().Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	keep, _ := retention.ParseAge("3y")
	actors, _ := retention.ParseAge("90d")
	done, err := retention.Run(t.Context(), s.Pool(), retention.Policy{Keep: keep, KeepActors: actors}, time.Date(2025, 4, 2, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if len(done.Dropped) != 2 || len(done.Held) != 1 || done.Held[0].String() != "2022-02" || done.Actors != 2 {
		t.Errorf("done: %v", done)
	}
	var received, carts int64
	if err := s.Pool().QueryRow(t.Context(), "SELECT (SELECT sum(received) FROM stock_movements)::bigint, (SELECT count(*) FROM reservations)").Scan(&received, &carts); err != nil {
		t.Fatal(err)
	}
	if received != 40 || carts != 2 {
		t.Errorf("%d units received, %d carts left", received, carts)
	}
}
