package schema

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/acme/inventory-service/internal/archive/months"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// published is a column of the schema that consumers of the Inventory Database know.
type published struct {
	table, column string
	// types are those that hold what was published: units are wider here.
	types    []string
	nullable bool
}

var (
	uuids  = []string{"uuid"}
	units  = []string{"integer", "bigint"}
	times  = []string{"timestamp with time zone"}
	states = []string{"text"}
)

// publishedColumns are all of it.
var publishedColumns = []published{
	{"stock", "product_id", uuids, false},
	{"stock", "available", units, false},
	{"stock", "reserved", units, false},
	{"stock", "updated_at", times, false},
	{"reservations", "reservation_id", uuids, false},
	{"reservations", "order_id", uuids, true},
	{"reservations", "cart_id", uuids, true},
	{"reservations", "status", states, false},
	{"reservations", "created_at", times, false},
	{"reservation_items", "reservation_id", uuids, false},
	{"reservation_items", "product_id", uuids, false},
	{"reservation_items", "quantity", units, false},
}

// What was published about the columns holds.
func TestPublishedColumns(t *testing.T) {
	postgrestest.EachVersion(t, func(t *testing.T, server *postgres.Server) {
		connection := migrated(t, server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server)))
		for _, want := range publishedColumns {
			var kind, nullable string
			err := connection.QueryRow(t.Context(), `SELECT data_type, is_nullable FROM information_schema.columns
				WHERE table_schema = current_schema() AND table_name = $1 AND column_name = $2`, want.table, want.column).Scan(&kind, &nullable)
			if err != nil {
				t.Errorf("%s.%s: %v", want.table, want.column, err)
				continue
			}
			if !slices.Contains(want.types, kind) || (nullable == "YES" && !want.nullable) {
				t.Errorf("%s.%s is %s, nullable: %s", want.table, want.column, kind, nullable)
			}
		}
	})
}

// The published checks refuse what they refused.
func TestPublishedChecks(t *testing.T) {
	connection := migrated(t, postgrestest.URL(t))
	reservation := `INSERT INTO reservations (reservation_id, status, created_at, namespace, outcome_id, outcome_number, epoch, page, record)
		VALUES ('00000000-0000-0000-0000-000000000001', '%s', '2026-11-01T12:00:00Z', 'shop', gen_random_uuid(), 1, 1, 1, 0)`
	stock := `INSERT INTO stock (product_id, available, reserved, namespace) VALUES (gen_random_uuid(), %d, %d, 'shop')`
	item := `INSERT INTO reservation_items (reservation_id, product_id, quantity, created_at, namespace)
		VALUES ('00000000-0000-0000-0000-00000000000%d', gen_random_uuid(), %d, '2026-11-01T12:00:00Z', 'shop')`
	const check, foreignKey, unique = "23514", "23503", "23505"
	for _, test := range []struct{ statement, code string }{
		{fmt.Sprintf(stock, 0, 0), ""},
		{fmt.Sprintf(stock, -1, 0), check},
		{fmt.Sprintf(stock, 0, -1), check},
		{fmt.Sprintf(reservation, "EXPIRED"), check},
		{fmt.Sprintf(reservation, "HELD"), ""},
		{fmt.Sprintf(reservation, "HELD"), unique},
		{fmt.Sprintf(item, 1, 0), check},
		{fmt.Sprintf(item, 1, 1), ""},
		{fmt.Sprintf(item, 2, 1), foreignKey},
		{"UPDATE reservations SET status = 'RELEASED'", ""},
		{"UPDATE reservations SET status = 'CONSUMED'", ""},
		{"UPDATE reservations SET status = 'GONE'", check},
	} {
		if got := code(t.Context(), connection, test.statement); got != test.code {
			t.Errorf("%s: code %q, want %q", test.statement, got, test.code)
		}
	}
	// The items of a reservation go with it.
	if got := code(t.Context(), connection, "DELETE FROM reservations"); got != "" {
		t.Errorf("deleting a reservation: code %q", got)
	}
	var left int
	if err := connection.QueryRow(t.Context(), "SELECT count(*) FROM reservation_items").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d items are left (%v)", left, err)
	}
}

// A database with rows of any earlier migration comes to the newest with all of them, through
// PgBouncer, and however many processes want that at once.
func TestMigrateWithRows(t *testing.T) {
	server := postgrestest.Shared(t)
	pooler := postgrestest.Pooler(t, server)
	for version := int64(1); version <= Latest(); version++ {
		t.Run(fmt.Sprintf("from %d", version), func(t *testing.T) {
			config := configOf(t, pooler.URL(postgres.PlainRole, postgrestest.Database(t)))
			upTo(t, config, version)
			connection := connect(t, config)
			execute(t, connection, `INSERT INTO stock (product_id, available, reserved, namespace)
				SELECT gen_random_uuid(), n, 0, 'shop' FROM generate_series(1, 100) AS n`)
			var group errgroup.Group
			for range 3 {
				group.Go(func() error {
					_, err := Migrate(t.Context(), config)
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			var sum int64
			if err := connection.QueryRow(t.Context(), "SELECT sum(available) FROM stock").Scan(&sum); err != nil || sum != 5050 {
				t.Errorf("the rows sum up to %d (%v)", sum, err)
			}
			if err := Check(t.Context(), config); err != nil {
				t.Error(err)
			}
		})
	}
}

func upTo(t *testing.T, config *pgx.ConnConfig, version int64) {
	t.Helper()
	db := open(config)
	defer func() { _ = db.Close() }()
	provider, err := newProvider(db)
	if err == nil {
		_, err = provider.UpTo(t.Context(), version)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// migrated is a connection to a database with all tables, and partitions for one month.
func migrated(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	config := configOf(t, url)
	if applied, err := Migrate(t.Context(), config); err != nil || applied == 0 {
		t.Fatalf("%d migrations applied: %v", applied, err)
	}
	connection := connect(t, config)
	err := pgx.BeginFunc(t.Context(), connection, func(tx pgx.Tx) error {
		return months.Make(t.Context(), tx, months.Of(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)))
	})
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

func configOf(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe // as the archive does
	return config
}

func connect(t *testing.T, config *pgx.ConnConfig) *pgx.Conn {
	t.Helper()
	connection, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.Background()) })
	return connection
}

func execute(t *testing.T, connection *pgx.Conn, statement string) {
	t.Helper()
	if _, err := connection.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
