package chaos

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/archived"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// askingWorld is an operator whose bridge asks a database, of which nothing is there yet.
func askingWorld(t *testing.T, server *postgres.Server, flags ...string) (w *testbed.World, o *testbed.Operator, url string) {
	w = testbed.NewWorld(t)
	url = server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server))
	file := filepath.Join(t.TempDir(), "url")
	w.Must(os.WriteFile(file, []byte(url+"\n"), 0o600))
	o = w.Operate(append([]string{"--show=none", "--leader-elect=false", "--archive-url-file", file}, flags...)...)
	w.Stock("mug", "mug", "amsterdam", 1000)
	return w, o, url
}

// awaitStatus waits until the bridge answers a path so, which it does within the pause after a failure.
func awaitStatus(o *testbed.Operator, path string, status int) testbed.Response {
	o.World.Helper()
	deadline := time.Now().Add(testbed.Patience)
	for {
		got := o.Get(path)
		if got.Code == status {
			return got
		}
		if time.Now().After(deadline) {
			o.World.Fatalf("%s is answered %d, want %d: %s", path, got.Code, status, got.Body)
		}
		time.Sleep(50 * time.Millisecond) // a poll of other processes
	}
}

// The bridge starts, is ready and decides while the database that it asks is empty, killed, frozen,
// or given to another cluster; what the journal does not have is told to be unknown by both, or that
// the archive could not be asked.
func TestArchiveAsked(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, archiveFault)
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	metrics := fmt.Sprint("127.0.0.1:", controlplanetest.FreePort(t))
	w, o, url := askingWorld(t, server, "--metrics-address", metrics)
	unheard := "/reservations/" + uuid.NewString()
	away := func(what string) {
		t.Helper()
		fault.Injected(1)
		got := awaitStatus(o, unheard, http.StatusServiceUnavailable)
		if !strings.Contains(string(got.Body), "archive-unavailable") || got.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %v %s", what, got.Header, got.Body)
		}
		told := w.Ask(testbed.Reserve("while-"+strings.ReplaceAll(what, " ", "-"), testbed.PlainHTTP, testbed.Item("mug", 1)), o)
		began := time.Now()
		if got := o.Get("/reservations/" + told.Reservation); got.Code != http.StatusOK || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %d %s after %s", what, got.Code, got.Body, time.Since(began))
		}
		if got := o.Get("/reservations?cartId=cart-while-" + strings.ReplaceAll(what, " ", "-")); got.Code != http.StatusOK || !strings.Contains(string(got.Body), `"incomplete":true`) {
			t.Errorf("%s: %d %s", what, got.Code, got.Body)
		}
		if got := o.Get("/readyz"); got.Code != http.StatusOK {
			t.Errorf("%s: not ready: %s", what, got.Body)
		}
		fault.Checked(1)
	}
	away("empty")
	w.Archive(url)
	awaitStatus(o, unheard, http.StatusNotFound)
	w.Must(server.Kill())
	away("killed")
	w.Must(server.Restart(t.Context()))
	awaitStatus(o, unheard, http.StatusNotFound)
	w.Must(server.Freeze())
	away("frozen")
	w.Must(server.Thaw())
	awaitStatus(o, unheard, http.StatusNotFound)
	db := archived.Open(w, url)
	_, err := db.Pool.Exec(t.Context(), "UPDATE archive_origin SET cluster_uid = 'another'")
	w.Must(err)
	away("of another cluster")
	for _, series := range []string{`query="reservation",result="none"`, `query="reservation",result="failed"`, `query="find",result="skipped"`} {
		if !strings.Contains(o.Metrics(), "inventory_bridge_archive_lookups_total{"+series) {
			t.Errorf("no metric has %s", series)
		}
	}
}

// What a real operator forgets, five minutes and more after it was decided, its bridge tells from the
// archive.
func TestArchiveForgotten(t *testing.T) {
	if os.Getenv("ARCHIVE") != "long" {
		t.Skip("takes six minutes: ARCHIVE=long plays it")
	}
	t.Parallel()
	w, o, url := askingWorld(t, postgrestest.Shared(t), "--retention=1s", "--journal-compact-above=16384")
	w.Archive(url)
	db := archived.Open(w, url)
	db.AwaitTables()
	crowd := w.Gather(testbed.Load{Name: "c", Clients: 4, Carts: 50, Bridges: []string{o.Bridge}, Items: func(int, int) []events.Item {
		return []events.Item{testbed.Item("mug", 1)}
	}})
	crowd.Await(200)
	for _, told := range crowd.Told {
		w.Ask(testbed.Consume("ship-"+told.Reservation, testbed.PlainHTTP, told.Reservation), o)
	}
	db.Await(crowd)
	forgotten := func(id string) bool {
		return strings.Contains(string(o.Get("/reservations/"+id).Body), `"archived":true`)
	}
	for deadline := time.Now().Add(8 * time.Minute); ; time.Sleep(time.Second) {
		w.Ask(testbed.Reserve(uuid.NewString(), testbed.PlainHTTP, testbed.Item("none", 1)), o)
		n := 0
		for _, told := range crowd.Told {
			if forgotten(told.Reservation) {
				n++
			}
		}
		if n == len(crowd.Told) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d are told by the archive", n, len(crowd.Told))
		}
	}
	for _, told := range crowd.Told {
		got := o.Get("/reservations/" + told.Reservation)
		if got.Code != http.StatusOK || !strings.Contains(string(got.Body), `"phase":"Consumed"`) {
			t.Errorf("%s: %d %s", told.Reservation, got.Code, got.Body)
		}
	}
}
