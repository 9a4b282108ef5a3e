package store

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// check asks whether the server at a URL can be used.
func check(t *testing.T, url string) error {
	t.Helper()
	config, err := (&database.Address{URL: url}).Config()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), config, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.CheckServer(t.Context())
}

func wantRefusal(t *testing.T, err error, says string) {
	t.Helper()
	if !Rejected(err) || !strings.Contains(err.Error(), says) {
		t.Errorf("it is no refusal that says %q: %v", says, err)
	}
}

// Something else listens there: HTTP, and something that greets as soon as one connects.
func TestNoPostgreSQL(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	mail := serve(t, func(connection net.Conn) {
		_, _ = connection.Write([]byte("220 mail.example ESMTP\r\n"))
		_, _ = connection.Read(make([]byte, 100))
	})
	for _, address := range []string{web.Listener.Addr().String(), mail} {
		for _, mode := range []string{"disable", "prefer", "require"} {
			t.Run(mode+" "+address, func(t *testing.T) {
				t.Parallel()
				wantRefusal(t, check(t, "postgres://ann:secret@"+address+"/inventory?sslmode="+mode), "no PostgreSQL")
			})
		}
	}
}

// Nobody listens, or whoever does closes at once, as a pooler whose server is away may: that is
// waited for.
func TestPostgreSQLAway(t *testing.T) {
	closing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			connection, err := closing.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
		}
	}()
	address := "postgres://ann:secret@" + closing.Addr().String() + "/inventory?sslmode=disable"
	if err := check(t, address); err == nil || Rejected(err) || strings.Contains(err.Error(), "secret") {
		t.Errorf("a server that closes: %v", err)
	}
	if err := closing.Close(); err != nil {
		t.Fatal(err)
	}
	if err := check(t, address); err == nil || Rejected(err) || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody listens: %v", err)
	}
}

// A server of another version, or of another make that speaks the same protocol. Its answers are
// made up: there is none such here to start.
func TestOtherVersions(t *testing.T) {
	for version, number := range map[string]string{
		"PostgreSQL 14.19 (Debian) on x86_64": "140019", "PostgreSQL 9.6.24 on x86_64": "90624", "CockroachDB CCL v25.1.0": "160000",
	} {
		wantRefusal(t, check(t, pretend(t, version, number)), "PostgreSQL 15 or later is needed")
	}
	if err := check(t, pretend(t, "PostgreSQL 18.1 on x86_64", "180001")); err != nil {
		t.Errorf("a later version: %v", err)
	}
}

// pretend is the URL of a server that answers each query with the same row.
func pretend(t *testing.T, version, number string) string {
	t.Helper()
	address := serve(t, func(connection net.Conn) { answer(connection, version, number) })
	return "postgres://ann@" + address + "/inventory?sslmode=disable"
}

// serve is the address of a server that handles each connection, and closes it then.
func serve(t *testing.T, handle func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = connection.Close() }()
				handle(connection)
			}()
		}
	}()
	return listener.Addr().String()
}

func answer(connection net.Conn, version, number string) {
	const text, int4, boolean = 25, 23, 16
	columns := []struct {
		of    uint32
		value string
	}{{text, version}, {int4, number}, {text, "inventory"}, {text, "ann"}, {text, "public"}, {boolean, "f"}, {boolean, "f"}, {boolean, "t"}}
	fields := make([]pgproto3.FieldDescription, len(columns))
	values := make([][]byte, len(columns))
	for i, c := range columns {
		fields[i], values[i] = pgproto3.FieldDescription{Name: []byte{byte('a' + i)}, DataTypeOID: c.of, TypeModifier: -1}, []byte(c.value)
	}
	b := pgproto3.NewBackend(connection, connection)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for b.Flush() == nil {
		message, err := b.Receive()
		if err != nil {
			return
		}
		switch m := message.(type) {
		case *pgproto3.Parse:
			b.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			if m.ObjectType == 'S' {
				b.Send(&pgproto3.ParameterDescription{})
			}
			b.Send(&pgproto3.RowDescription{Fields: fields})
		case *pgproto3.Bind:
			for i := range fields {
				fields[i].Format = 0
			}
			b.Send(&pgproto3.BindComplete{})
		case *pgproto3.Execute:
			b.Send(&pgproto3.DataRow{Values: values})
			b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		case *pgproto3.Close:
			b.Send(&pgproto3.CloseComplete{})
		case *pgproto3.Sync:
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		}
	}
}

// A real standby, of which the primary is away, only reads.
func TestReplica(t *testing.T) {
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	address := server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server))
	if err := check(t, address); err != nil {
		t.Fatal(err)
	}
	if err := server.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(server.Dir(), "data", "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, check(t, address), "read-only replica")
}

// A wrong password, user or database is no reason to wait, and is told without the password.
func TestCredentials(t *testing.T) {
	address, err := url.Parse(postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(u *url.URL){
		"password": func(u *url.URL) { u.User = url.UserPassword(postgres.PlainRole, "another-secret") },
		"user":     func(u *url.URL) { u.User = url.UserPassword("nobody", "another-secret") },
		"database": func(u *url.URL) { u.Path = "/none" },
	} {
		changed := *address
		change(&changed)
		if err := check(t, changed.String()); !Rejected(err) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "password-of") {
			t.Errorf("%s: %v", name, err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	config, err := (&database.Address{URL: address.String()}).Config()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), config, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CheckServer(cancelled); !errors.Is(err, context.Canceled) || Rejected(err) {
		t.Errorf("asked to end: %v", err)
	}
}
