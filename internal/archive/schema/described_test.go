package schema

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/contract"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// The contract tells every table and column that the migrations make, with the type, the key and the
// comment that PostgreSQL has of it, and no other.
func TestEverythingIsDescribed(t *testing.T) {
	postgrestest.EachVersion(t, func(t *testing.T, server *postgres.Server) {
		connection := migrated(t, server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server)))
		want := tablesOf(t, connection)
		got := contract.Tables()
		for i := range got {
			for j := range got[i].Columns {
				got[i].Columns[j].Type = typeOf(t, connection, got[i].Columns[j].Type)
			}
		}
		byName := func(a, b contract.Table) int { return strings.Compare(a.Name, b.Name) }
		slices.SortFunc(got, byName)
		slices.SortFunc(want, byName)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what PostgreSQL has (-) and the contract says (+):\n%s", diff)
		}
		for _, table := range got {
			if table.Summary == "" {
				t.Errorf("no COMMENT says what %s is", table.Name)
			}
			for _, column := range table.Columns {
				if column.Summary == "" {
					t.Errorf("no COMMENT says what %s.%s is", table.Name, column.Name)
				}
			}
		}
	})
}

// tablesOf are all tables that the database has but those of the migrations themselves and partitions.
func tablesOf(t *testing.T, connection *pgx.Conn) (tables []contract.Table) {
	t.Helper()
	rows, err := connection.Query(t.Context(), `
		SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''), a.attname, format_type(a.atttypid, a.atttypmod),
			coalesce(col_description(c.oid, a.attnum), ''), coalesce(a.attnum = ANY (i.indkey), false), NOT a.attnotnull
		FROM pg_class c
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
			AND c.relname NOT IN ($1, $2)
		ORDER BY c.relname, a.attnum`, versionTable, lockTable)
	if err != nil {
		t.Fatal(err)
	}
	var table, summary string
	var column contract.Column
	_, err = pgx.ForEachRow(rows, []any{&table, &summary, &column.Name, &column.Type, &column.Summary, &column.Key, &column.Nullable}, func() error {
		if len(tables) == 0 || tables[len(tables)-1].Name != table {
			tables = append(tables, contract.Table{Name: table, Summary: summary})
		}
		last := &tables[len(tables)-1]
		last.Columns = append(last.Columns, column)
		return nil
	})
	if err != nil || len(tables) == 0 {
		t.Fatalf("%d tables: %v", len(tables), err)
	}
	return tables
}

// typeOf is a type by the name that PostgreSQL has for it.
func typeOf(t *testing.T, connection *pgx.Conn, name string) (known string) {
	t.Helper()
	if err := connection.QueryRow(t.Context(), "SELECT format_type($1::regtype, NULL)", name).Scan(&known); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return known
}
