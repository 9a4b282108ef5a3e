package postgres_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// A server of each version dies, freezes and comes back with what was committed.
func TestServer(t *testing.T) {
	postgrestest.EachVersion(t, func(t *testing.T, server *postgres.Server) {
		url := server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server))
		execute(t, url, "CREATE TABLE kept (a int)")
		execute(t, url, "INSERT INTO kept VALUES (1)")

		if err := server.Freeze(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := query(ctx, url, "SELECT a FROM kept"); err == nil {
			t.Error("a frozen server answers")
		}
		if err := server.Thaw(); err != nil {
			t.Fatal(err)
		}
		wantRows(t, url, "1")

		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := query(t.Context(), url, "SELECT 1"); err == nil {
			t.Error("a killed server answers")
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantRows(t, url, "1")
		if err := server.Shutdown(); err != nil {
			t.Fatal(err)
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantRows(t, url, "1")
		select {
		case err := <-server.Died():
			t.Errorf("an end on purpose is told: %v", err)
		default:
		}
	})
}

// The plain role may do what it likes in its own database and nothing in the server; a wrong
// password is refused.
func TestRoles(t *testing.T) {
	server := postgrestest.Shared(t)
	url := postgrestest.URL(t)
	execute(t, url, "CREATE TABLE own (a int)")
	_, err := query(t.Context(), url, "CREATE ROLE other")
	wantCode(t, err, "42501")
	_, err = query(t.Context(), strings.Replace(url, "password-of-", "not-", 1), "SELECT 1")
	wantCode(t, err, "28P01")
	if err := server.CreateRole(t.Context(), "reader"); err != nil {
		t.Fatal(err)
	}
	database := url[strings.LastIndexByte(url, '/')+1 : strings.IndexByte(url, '?')]
	_, err = query(t.Context(), server.URL("reader", database), "SELECT * FROM own")
	wantCode(t, err, "42501")
}

// In transaction mode a client's next transaction may run in another session.
func TestPooler(t *testing.T) {
	server := postgrestest.Shared(t)
	pooler := postgrestest.Pooler(t, server)
	url := pooler.URL(postgres.PlainRole, postgrestest.Database(t))
	first := begin(t, url)
	before := sessionOf(t, first)
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := begin(t, url)
	if taken := sessionOf(t, second); taken != before {
		t.Errorf("the session that was given back, %d, is not used again: %d", before, taken)
	}
	again, err := first.Conn().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after := sessionOf(t, again); after == before {
		t.Errorf("both transactions of the first client ran in session %d", after)
	}
}

// begin begins a transaction of a client of its own.
func begin(t *testing.T, url string) pgx.Tx {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.Background()) })
	tx, err := connection.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func sessionOf(t *testing.T, tx pgx.Tx) (pid uint32) {
	t.Helper()
	if err := tx.QueryRow(t.Context(), "SELECT pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// Data that are kept serve the next server on the same directory.
func TestKeptData(t *testing.T) {
	dir, err := os.MkdirTemp("", "pg-kept-") //nolint:usetesting // that of the test is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for range 2 {
		server := postgrestest.Start(t, postgres.Options{Dir: dir, UnsafeNoFsync: true})
		if err := server.EnsureDatabase(t.Context(), "kept"); err != nil {
			t.Fatal(err)
		}
		execute(t, server.URL(postgres.PlainRole, "kept"), "CREATE TABLE IF NOT EXISTS kept (a int); INSERT INTO kept VALUES (1)")
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	server := postgrestest.Start(t, postgres.Options{Dir: dir, UnsafeNoFsync: true})
	wantRows(t, server.URL(postgres.PlainRole, "kept"), "2")
}

func query(ctx context.Context, url, statement string) (pgconn.CommandTag, error) {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := connection.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	return tag, errors.Join(err, connection.Close(ctx))
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	if _, err := query(t.Context(), url, statement); err != nil {
		t.Fatal(err)
	}
}

func wantRows(t *testing.T, url, count string) {
	t.Helper()
	tag, err := query(t.Context(), url, "SELECT a FROM kept")
	if err != nil || tag.String() != "SELECT "+count {
		t.Errorf("%s, %v; want %s rows", tag, err, count)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != code {
		t.Errorf("got %v, want an error with the code %s", err, code)
	}
}
