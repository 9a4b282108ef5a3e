package monitoring

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/testbed"
)

// sqlPanel is one of config/grafana/database.json.
type sqlPanel struct {
	Title, Type string
	Targets     []struct{ RawSQL, Format string }
}

// sqlBoard is what a test reads of the dashboard.
type sqlBoard struct {
	Panels     []sqlPanel
	Templating struct {
		List []struct {
			Name  string
			Query string
		}
	}
}

// mayBeEmpty are the panels that are about what went wrong, and count nothing where nothing did.
var mayBeEmpty = map[string]string{"Gaps": "gaps"}

// Every query of the dashboard on SQL runs, and has rows, in a database that an archive made of a
// journal in which a shop sells, gives back, ships, ships in part, refuses and lets holds run out.
func TestDatabaseDashboard(t *testing.T) {
	url := postgrestest.URL(t)
	w := testbed.NewWorld(t)
	o := w.Operate("--show=none", "--leader-elect=false")
	w.Stock("mug", "mug", "amsterdam", 1000)
	w.Stock("pot", "pot", "berlin", 3)
	w.Archive(url)
	reserve := func(id string) string {
		return w.Ask(testbed.Reserve(id, testbed.PlainHTTP, testbed.Item("mug", 4)), o).Reservation
	}
	began := time.Now().Add(-time.Minute)
	w.Ask(testbed.Consume("ship", testbed.PlainHTTP, reserve("shipped")), o)
	w.Ask(testbed.Release("back", testbed.PlainHTTP, reserve("given-back")), o)
	o.Post("/reservations/"+reserve("in-part")+"/consume", `{"items":[{"productId":"mug","quantity":1}]}`).Want(w, http.StatusOK)
	w.Ask(testbed.Reserve("refused", testbed.PlainHTTP, testbed.Item("pot", 9)), o)
	o.Post("/reservations", `{"cartId":"late","holdFor":"1s","items":[{"productId":"pot","quantity":1}]}`).Want(w, http.StatusCreated)

	db, err := pgx.Connect(t.Context(), url)
	w.Must(err)
	t.Cleanup(func() { _ = db.Close(t.Context()) })
	await(w, db, "SELECT count(*) = 3 AND (SELECT count(*) FROM refusals) = 1 FROM reservations WHERE ended_at IS NOT NULL")

	var board sqlBoard
	parse(t, "../../config/grafana/database.json", &board)
	var namespaces []string
	for _, variable := range board.Templating.List {
		if variable.Name == "namespace" {
			rows, err := db.Query(t.Context(), variable.Query)
			w.Must(err)
			namespaces, err = pgx.CollectRows(rows, pgx.RowTo[string])
			w.Must(err)
		}
	}
	if len(namespaces) != 1 || namespaces[0] != w.Namespace {
		t.Fatalf("the variable namespace offers %q", namespaces)
	}
	queries := 0
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			queries++
			sql := expand(t, target.RawSQL, namespaces, began, time.Now().Add(time.Minute))
			columns, rows := ask(t, db, panel.Title, sql)
			if len(rows) == 0 {
				t.Errorf("%s: no rows of\n%s", panel.Title, sql)
				continue
			}
			if target.Format == "time_series" {
				if _, is := rows[0][0].(time.Time); columns[0] != "time" || !is {
					t.Errorf("%s: the first column is %s, %T, want a time", panel.Title, columns[0], rows[0][0])
				}
			}
			if column, may := mayBeEmpty[panel.Title]; may {
				if columns[0] != column {
					t.Errorf("%s: the column is %s, want %s", panel.Title, columns[0], column)
				}
			}
			for i, column := range columns {
				if noneKnown(rows, i) {
					t.Errorf("%s: column %s is NULL in every row", panel.Title, column)
				}
			}
		}
	}
	if queries < 11 {
		t.Errorf("the dashboard has %d queries", queries)
	}
}

func noneKnown(rows [][]any, column int) bool {
	for _, row := range rows {
		if row[column] != nil {
			return false
		}
	}
	return true
}

func ask(t *testing.T, db *pgx.Conn, title, sql string) (columns []string, values [][]any) {
	t.Helper()
	rows, err := db.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v: %s", title, err, sql)
	}
	for _, field := range rows.FieldDescriptions() {
		columns = append(columns, field.Name)
	}
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		values = append(values, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v: %s", title, err, sql)
	}
	return columns, values
}

var filter = regexp.MustCompile(`\$__timeFilter\(([a-z_.]+)\)`)

// expand fills in what Grafana does: its macros for PostgreSQL, and the variable of several
// namespaces, each quoted.
func expand(t *testing.T, sql string, namespaces []string, from, to time.Time) string {
	t.Helper()
	moment := func(at time.Time) string { return "'" + at.UTC().Format(time.RFC3339Nano) + "'" }
	var quoted []string
	for _, namespace := range namespaces {
		quoted = append(quoted, "'"+strings.ReplaceAll(namespace, "'", "''")+"'")
	}
	sql = filter.ReplaceAllString(sql, "$1 BETWEEN "+moment(from)+" AND "+moment(to))
	sql = strings.NewReplacer("$__timeFrom()", moment(from), "$__timeTo()", moment(to), "$namespace", strings.Join(quoted, ",")).Replace(sql)
	if strings.Contains(sql, "$") {
		t.Errorf("a macro or variable that the test does not know: %s", sql)
	}
	return sql
}

// await waits until a query says true.
func await(w *testbed.World, db *pgx.Conn, query string) {
	w.Helper()
	var is bool
	var err error
	for deadline := time.Now().Add(testbed.Patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = db.QueryRow(w.Context(), query).Scan(&is); err == nil && is {
			return
		}
	}
	w.Must(fmt.Errorf("%s is not true: %w", query, err))
}
