package lookup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/lookup"
	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
)

// atMost is how long what a lookup may take does not last, whatever a busy machine adds.
const atMost = 30 * time.Second

// awaitFound waits until the archive tells of a cart again: the pause after a failure is 10 s at most.
func awaitFound(t *testing.T, a *lookup.Archive, want *stock.Reservation) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		got, err := a.Reservation(t.Context(), shop, string(want.ID))
		if err == nil && got != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the archive does not answer again: %v, %v", got, err)
		}
		time.Sleep(20 * time.Millisecond) // a poll of another process
	}
}

// sessions are those of the bridge at a server.
func sessions(t *testing.T, w *written) (n int) {
	t.Helper()
	must(t, w.store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'inventory-bridge'").Scan(&n))
	return n
}

// A database that is not the one that it should be is not asked twice at once, and says why.
func TestRefused(t *testing.T) {
	server := postgrestest.Shared(t)
	tests := map[string]struct {
		prepare string
		url     func(string) string
		is      error
		says    string
	}{
		"empty":           {prepare: "DROP SCHEMA public CASCADE; CREATE SCHEMA public", says: "run inventory-operator archive"},
		"older schema":    {prepare: "DELETE FROM archive_migrations WHERE version_id > 1", is: schema.ErrOlder},
		"newer schema":    {prepare: "INSERT INTO archive_migrations (version_id, is_applied, tstamp) VALUES (9999, true, now())", is: schema.ErrNewer},
		"tables unheard":  {prepare: "ALTER TABLE reservations RENAME COLUMN cart_id TO basket_id", says: "as this release knows them"},
		"another cluster": {prepare: "UPDATE archive_origin SET cluster_uid = 'another'", says: "belongs to another cluster"},
		"wrong password":  {url: func(u string) string { return strings.Replace(u, "password-of-", "no-password-of-", 1) }, says: "password authentication failed"},
		"no database":     {url: func(u string) string { return strings.Replace(u, "/test_", "/none_", 1) }, says: "CREATE DATABASE"},
		"nobody listens":  {url: func(string) string { return "postgres://inventory@127.0.0.1:1/inventory" }, says: "refused"},
		"no URL":          {url: func(string) string { return "postgres://:%zz" }, says: "neither a URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWritten(t, server.URL(postgres.PlainRole, postgrestest.Database(t)))
			want := cart(1)
			w.archive(shop, "FIRST", want)
			url := w.url
			if test.url != nil {
				url = test.url(url)
			}
			if test.prepare != "" {
				w.execute(test.prepare)
			}
			a := newArchive(t, url)
			for range 2 {
				_, err := a.Reservation(t.Context(), shop, string(want.ID))
				if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "password-of-") {
					t.Errorf("the error is %v", err)
				}
			}
		})
	}
}

// The URL is read again for each connection, and may be wrong, or not there, until it is put right.
func TestURLFile(t *testing.T) {
	w := newWritten(t, postgrestest.URL(t))
	want := cart(1)
	w.archive(shop, "FIRST", want)
	file := filepath.Join(t.TempDir(), "url")
	a := archiveAt(t, &database.Address{File: file, Application: "inventory-bridge"})
	for _, text := range []string{"", "postgres://:%zz", strings.Replace(w.url, "password-of-", "no-password-of-", 1)} {
		if text != "" {
			must(t, os.WriteFile(file, []byte(text), 0o600))
		}
		if _, err := a.Reservation(t.Context(), shop, string(want.ID)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	must(t, os.WriteFile(file, []byte(w.url+"\n"), 0o600))
	awaitFound(t, a, want)
}

// A server that is frozen keeps each for a bounded time and most not at all, and connections stay
// few, however many ask. Once it goes on, it is asked again.
func TestFrozen(t *testing.T) {
	server, url := start(t)
	w := newWritten(t, url)
	carts := []*stock.Reservation{cart(1)}
	for n := range 300 {
		carts = append(carts, cart(n+2))
	}
	w.archive(shop, "FIRST", carts...)
	a, patient := usual(t, url), newArchive(t, url)
	awaitFound(t, a, carts[0])
	must(t, server.Freeze())
	began := time.Now() // who asks has less patience than the lookup
	if r, err := patient.Outcome(withTimeout(t, 100*time.Millisecond), shop, carts[0].ID); err == nil || time.Since(began) > atMost {
		t.Errorf("%v, %v after %s", r, err, time.Since(began))
	}
	var all sync.WaitGroup
	for _, c := range carts {
		all.Go(func() {
			began := time.Now()
			if _, err := a.Reservation(t.Context(), shop, string(c.ID)); err == nil || time.Since(began) > atMost {
				t.Errorf("%v after %s", err, time.Since(began))
			}
		})
	}
	all.Wait()
	began = time.Now()
	for n := range 1000 {
		if _, err := a.Outcome(t.Context(), shop, carts[0].ID); err == nil {
			t.Error("a frozen server answers")
		}
		if took := time.Since(began); took > 2*atMost { // a second for every one would be a quarter of an hour
			t.Fatalf("%d lookups of a server that had just failed took %s", n, took)
		}
	}
	must(t, server.Thaw())
	awaitFound(t, a, carts[0])
	patient.Close()
	// The server notices a moment later that connections have ended which were given up.
	for deadline := time.Now().Add(time.Minute); sessions(t, w) > 4; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("there are %d connections", sessions(t, w))
		}
	}
}

func withTimeout(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Connections stay few while all goes well, everybody is answered, and none is left at the end.
func TestCrowd(t *testing.T) {
	_, url := start(t)
	w := newWritten(t, url)
	var carts []*stock.Reservation
	for n := range 50 {
		carts = append(carts, cart(n+1))
	}
	w.archive(shop, "FIRST", carts...)
	a := newArchive(t, url)
	awaitFound(t, a, carts[0])
	var all sync.WaitGroup
	for range 4 {
		for _, c := range carts {
			all.Go(func() {
				got, err := a.Reservation(t.Context(), shop, string(c.ID))
				if err != nil || got == nil || got.ID != c.ID {
					t.Errorf("%s: %v, %v", c.ID, got, err)
				}
			})
		}
	}
	all.Wait()
	if n := sessions(t, w); n > 4 || n == 0 {
		t.Errorf("there are %d connections", n)
	}
	a.Close()
	for deadline := time.Now().Add(time.Minute); sessions(t, w) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are left", sessions(t, w))
		}
	}
	if _, err := a.Reservation(t.Context(), shop, string(carts[0].ID)); err == nil {
		t.Error("it answers after its end")
	}
}

// A server that was killed and started again is asked again; one that was only restarted between two
// questions is not even noticed.
func TestRestarted(t *testing.T) {
	server, url := start(t)
	w := newWritten(t, url)
	want := cart(1)
	w.archive(shop, "FIRST", want)
	a := newArchive(t, url)
	awaitFound(t, a, want)
	must(t, server.Kill())
	must(t, server.Restart(t.Context()))
	if got, err := a.Reservation(t.Context(), shop, string(want.ID)); got == nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	must(t, server.Kill())
	if got, err := a.Reservation(t.Context(), shop, string(want.ID)); err == nil {
		t.Errorf("a server that is gone tells %v", got)
	}
	must(t, server.Restart(t.Context()))
	awaitFound(t, a, want)
}

// A read-only replica will do.
func TestReplica(t *testing.T) {
	server, url := start(t)
	w := newWritten(t, url)
	want := cart(1)
	w.archive(shop, "FIRST", want)
	must(t, server.Shutdown())
	must(t, os.WriteFile(filepath.Join(server.Dir(), "data", "standby.signal"), nil, 0o644)) //nolint:gosec // another user reads it
	must(t, server.Restart(t.Context()))
	w.store.Pool().Reset() // its connections ended with the primary
	var replica bool
	if must(t, w.store.Pool().QueryRow(t.Context(), "SELECT pg_is_in_recovery()").Scan(&replica)); !replica {
		t.Fatal("it is no replica")
	}
	a := newArchive(t, url)
	awaitFound(t, a, want)
	if got, err := a.Find(t.Context(), shop, want.Order, "", 1); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// A user who may read the tables, and nothing else, will do, also for months that are made later.
func TestReader(t *testing.T) {
	server := postgrestest.Shared(t)
	name := postgrestest.Database(t)
	w := newWritten(t, server.URL(postgres.PlainRole, name))
	const reader = "lookup_reader"
	must(t, server.CreateRole(t.Context(), reader))
	w.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + reader)
	want := cart(1)
	w.archive(shop, "FIRST", want) // this makes its month
	a := newArchive(t, server.URL(reader, name))
	if got, err := a.Reservation(t.Context(), shop, string(want.ID)); got == nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// Without the name of this cluster, nobody knows whose the database is.
func TestClusterUnknown(t *testing.T) {
	w := newWritten(t, postgrestest.URL(t))
	want := cart(1)
	w.archive(shop, "FIRST", want)
	var mu sync.Mutex
	away := errors.New("the API server is away")
	a := lookup.New(lookup.Options{Database: &database.Address{URL: w.url}, Logger: logr.Discard(), Cluster: func(context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		return cluster, away
	}})
	t.Cleanup(a.Close)
	_, err := a.Reservation(t.Context(), shop, string(want.ID))
	wantError(t, err, away)
	mu.Lock()
	away = nil
	mu.Unlock()
	awaitFound(t, a, want)
}
