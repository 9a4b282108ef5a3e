package chaos

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane/tcpproxy"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// archiveFault is the name under which faults of the archive are reported.
const archiveFault = "archive: PostgreSQL and archives killed, frozen, cut off, doubled"

// through is a URL whose host is another address.
func through(t *testing.T, database, address string) string {
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = address
	return u.String()
}

// PostgreSQL is killed, stopped, frozen and restarted while carts come. Nobody who buys notices, and
// all is archived once.
func TestArchivePostgresBroken(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, archiveFault)
	w, o := archiveWorld(t)
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	at := server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server))
	db := testbed.OpenArchive(w, at)
	w.Archive(at)
	crowd := crowdOf(w, o, 4, 60)
	db.AwaitTables()
	db.AwaitCarts(1)
	breaks := map[string]func() error{
		"killed":  func() error { return server.Kill() },
		"stopped": func() error { return server.Shutdown() },
	}
	for what, end := range breaks {
		w.Must(end())
		fault.Injected(1)
		w.Ask(testbed.Reserve("while-"+what, testbed.PlainHTTP, testbed.Item("mug", 1)), o)
		w.Must(server.Restart(t.Context()))
	}
	w.Must(server.Freeze())
	fault.Injected(1)
	w.Ask(testbed.Reserve("while-frozen", testbed.PlainHTTP, testbed.Item("mug", 1)), o)
	w.Must(server.Thaw())
	crowd.Await(240)
	db.Await(crowd)
	fault.Checked(1)
	if n := db.Count("SELECT count(*) FROM journal_gaps WHERE namespace = $1", w.Namespace); n != 0 {
		t.Errorf("%d gaps", n)
	}
}

// Connections break at any moment, also between COMMIT and its answer; and nothing gets through for
// a while.
func TestArchiveAnswersLost(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, archiveFault)
	w, o := archiveWorld(t)
	database := postgrestest.URL(t)
	u, err := url.Parse(database)
	w.Must(err)
	proxy, err := tcpproxy.Listen(u.Host)
	w.Must(err)
	t.Cleanup(proxy.Close)
	w.Archive(through(t, database, proxy.Address()))
	db := testbed.OpenArchive(w, database)
	crowd := crowdOf(w, o, 4, 60)
	db.AwaitTables()
	for range 25 {
		at := db.Count("SELECT coalesce(max(page * 100000 + record), 0) FROM journal_positions WHERE namespace = $1", w.Namespace)
		// The moment in which a position appears is that in which its COMMIT is answered.
		for range 200 {
			if db.Count("SELECT coalesce(max(page * 100000 + record), 0) FROM journal_positions WHERE namespace = $1", w.Namespace) != at {
				break
			}
		}
		proxy.Cut()
		fault.Injected(1)
		proxy.Mend()
	}
	proxy.Freeze()
	fault.Injected(1)
	w.Ask(testbed.Reserve("while-frozen", testbed.PlainHTTP, testbed.Item("mug", 1)), o)
	proxy.Thaw()
	crowd.Await(240)
	db.Await(crowd)
	fault.Checked(1)
}

// An archive is killed anywhere and started again.
func TestArchiveKilled(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, archiveFault)
	w, o := archiveWorld(t)
	database := postgrestest.URL(t)
	db := testbed.OpenArchive(w, database)
	crowd := crowdOf(w, o, 4, 60)
	chance := rand.New(rand.NewPCG(1, 2))
	for kill := range 6 {
		a := w.Archive(database)
		db.AwaitTables()
		db.AwaitCarts(int64(1 + kill*10))
		for range chance.IntN(20) {
			db.Count("SELECT 1") // some time
		}
		a.Kill()
		fault.Injected(1)
	}
	w.Archive(database)
	crowd.Await(240)
	db.Await(crowd)
	fault.Checked(1)
}

// Two archives, neither of which was elected: one is fenced and ends, whichever that is, and each
// record is archived once.
func TestArchiveTwo(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, archiveFault)
	w, o := archiveWorld(t)
	database := postgrestest.URL(t)
	db := testbed.OpenArchive(w, database)
	first := w.Archive(database)
	db.AwaitTables()
	crowd := crowdOf(w, o, 4, 40)
	db.AwaitCarts(1)
	second := w.Archive(database)
	fault.Injected(1)
	select {
	case <-first.Exited:
	case <-time.After(testbed.Patience):
		t.Fatal("the archive that was taken over goes on")
	}
	if !strings.Contains(first.Log(), "another archive writes to the database") {
		t.Errorf("it does not say why it ends: %s", first.Log())
	}
	if code := first.Command.ProcessState.ExitCode(); code != 1 {
		t.Errorf("it ends with code %d", code)
	}
	crowd.Await(160)
	db.Await(crowd)
	fault.Checked(1)
	if !second.Runs() {
		t.Error("neither archives")
	}
}

// Two archives with an election: the second waits, and goes on once the first is gone.
func TestArchiveElected(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, archiveFault)
	w, o := archiveWorld(t)
	database := postgrestest.URL(t)
	db := testbed.OpenArchive(w, database)
	elected := []string{"--leader-elect=true", "--lease-duration=3s", "--renew-deadline=2s", "--retry-period=300ms"}
	first := w.Archive(database, elected...)
	db.AwaitTables()
	crowd := crowdOf(w, o, 4, 20)
	db.AwaitCarts(1)
	second := w.Archive(database, elected...)
	first.Signal(syscall.SIGTERM)
	<-first.Exited
	fault.Injected(1)
	if code := first.Command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ends with code %d: %s", code, first.Log())
	}
	crowd.Await(80)
	db.Await(crowd)
	fault.Checked(1)
	if !second.Runs() {
		t.Error("nobody archives")
	}
}

// The database is emptied while the archive runs: it is made anew as far as the journal goes, and
// that is marked where the journal has forgotten something.
func TestArchiveEmptied(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, archiveFault)
	w, o := archiveWorld(t)
	database := postgrestest.URL(t)
	db := testbed.OpenArchive(w, database)
	w.Archive(database)
	db.AwaitTables()
	crowd := crowdOf(w, o, 4, 15)
	crowd.Await(60)
	db.Await(crowd)
	_, err := db.Pool.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	w.Must(err)
	fault.Injected(1)
	w.Ask(testbed.Reserve("after", testbed.PlainHTTP, testbed.Item("mug", 1)), o)
	db.AwaitTables()
	db.Await(crowd)
	fault.Checked(1)
}

// Pages that follow the position are gone when the archive reads on, as after a restore of the
// database from an old backup: the rest is restated, the gap marked, and movements come to the
// balances nevertheless.
func TestArchiveOvertaken(t *testing.T) {
	t.Parallel()
	beginAgain(t, "UPDATE journal_positions SET page = 0, record = 1, digest = repeat('1', 64) WHERE namespace = $1", func(db *testbed.Archived, namespace string) {
		if n := db.Count("SELECT count(*) FROM journal_gaps WHERE namespace = $1 AND reason = 'COMPACTED' AND lost = 0", namespace); n != 1 {
			t.Errorf("%d gaps are marked", n)
		}
	})
}

// The journal has another digest at the position that is archived, as after a restore of etcd from a
// backup: both histories are kept, and the older is marked.
func TestArchiveOtherHistory(t *testing.T) {
	t.Parallel()
	beginAgain(t, `WITH pages AS (UPDATE journal_pages SET digest = repeat('0', 64) WHERE namespace = $1)
		UPDATE journal_positions SET digest = repeat('0', 64) WHERE namespace = $1`, func(db *testbed.Archived, namespace string) {
		for query, want := range map[string]int64{
			"SELECT count(*) FROM journal_gaps WHERE namespace = $1 AND reason = 'RESTORED' AND superseded > 0":   1,
			"SELECT max(epoch) FROM journals WHERE namespace = $1 AND reason = 'RESTORED'":                        2,
			"SELECT least(count(*), 1) FROM stock_movements WHERE namespace = $1 AND superseded AND epoch = 1":    1,
			"SELECT least(count(*), 1) FROM superseded_rows WHERE namespace = $1 AND from_table = 'reservations'": 1,
			"SELECT count(*) FROM reservations WHERE namespace = $1 AND epoch = 1":                                0,
		} {
			if n := db.Count(query, namespace); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
	})
}

// beginAgain has an archive begin from a position that was changed, and checks what it makes of it.
func beginAgain(t *testing.T, change string, check func(db *testbed.Archived, namespace string)) {
	fault := faultreport.Begin(t, archiveFault)
	w, o := archiveWorld(t)
	database := postgrestest.URL(t)
	db := testbed.OpenArchive(w, database)
	a := w.Archive(database)
	db.AwaitTables()
	crowd := crowdOf(w, o, 4, 15)
	crowd.Await(60)
	db.Await(crowd)
	a.Kill()
	for id, told := range crowd.Told {
		if !told.Refused {
			w.Ask(testbed.Consume("ship-"+id, testbed.PlainHTTP, told.Reservation), o)
			break
		}
	}
	_, err := db.Pool.Exec(t.Context(), change, w.Namespace)
	w.Must(err)
	fault.Injected(1)
	w.Archive(database)
	db.Await(crowd)
	check(db, w.Namespace)
	// What comes next is archived record by record again.
	w.Ask(testbed.Reserve("next", testbed.PlainHTTP, testbed.Item("mug", 1)), o)
	db.Await(crowd)
	fault.Checked(1)
}
