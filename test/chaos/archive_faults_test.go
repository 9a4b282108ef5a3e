package chaos

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/controlplane/tcpproxy"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/testbed"
)

// archiveFault is the name under which faults of the archive are reported.
const archiveFault = "archive: PostgreSQL and archives killed, frozen, cut off, doubled"

// PostgreSQL is killed, stopped, frozen and restarted while carts come. Nobody who buys notices, and
// all is archived once.
func TestArchivePostgresBroken(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	a := beginArchivingTo(t, server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server)))
	a.start()
	crowd := a.crowd(4, 60)
	a.db.AwaitCarts(1)
	for what, end := range map[string]func() error{"killed": server.Kill, "stopped": server.Shutdown} {
		a.Must(end())
		a.fault.Injected(1)
		a.sell("while-" + what)
		a.Must(server.Restart(t.Context()))
	}
	a.Must(server.Freeze())
	a.fault.Injected(1)
	a.sell("while-frozen")
	a.Must(server.Thaw())
	a.check(crowd, 240)
	a.noGaps()
}

// Connections break at any moment, also between COMMIT and its answer; and nothing gets through for
// a while.
func TestArchiveAnswersLost(t *testing.T) {
	t.Parallel()
	a := beginArchiving(t)
	proxy := a.proxied()
	a.start()
	crowd := a.crowd(4, 60)
	for range 25 {
		at := a.position()
		// The moment in which a position appears is that in which its COMMIT is answered.
		for range 200 {
			if a.position() != at {
				break
			}
		}
		proxy.Cut()
		a.fault.Injected(1)
		proxy.Mend()
	}
	proxy.Freeze()
	a.fault.Injected(1)
	a.sell("while-frozen")
	proxy.Thaw()
	a.check(crowd, 240)
	a.noGaps()
}

// proxied has archives reach the database through a proxy.
func (a *archiving) proxied() *tcpproxy.Proxy {
	a.Helper()
	u, err := url.Parse(a.url)
	a.Must(err)
	proxy, err := tcpproxy.Listen(u.Host)
	a.Must(err)
	a.Cleanup(proxy.Close)
	u.Host = proxy.Address()
	a.url = u.String()
	return proxy
}

// position is a number that grows with what is archived.
func (a *archiving) position() int64 {
	a.Helper()
	return a.db.Count("SELECT coalesce(max(page * 100000 + record), 0) FROM journal_positions WHERE namespace = $1", a.Namespace)
}

// An archive is killed anywhere and started again.
func TestArchiveKilled(t *testing.T) {
	t.Parallel()
	a := beginArchiving(t)
	crowd := a.crowd(4, 60)
	chance := rand.New(rand.NewPCG(1, 2))
	for kill := range 6 {
		process := a.start()
		a.db.AwaitCarts(int64(1 + kill*10))
		for range chance.IntN(20) {
			a.db.Count("SELECT 1") // some time
		}
		process.Kill()
		a.fault.Injected(1)
	}
	a.start()
	a.check(crowd, 240)
	a.noGaps()
}

// Two archives, neither of which was elected: one is fenced and ends, whichever that is, and each
// record is archived once.
func TestArchiveTwo(t *testing.T) {
	t.Parallel()
	a := beginArchiving(t)
	first := a.start()
	crowd := a.crowd(4, 40)
	a.db.AwaitCarts(1)
	second := a.Archive(a.url)
	a.fault.Injected(1)
	a.awaitFenced(first)
	a.check(crowd, 160)
	a.noGaps()
	if !second.Runs() {
		t.Error("neither archives")
	}
}

// An archive is frozen, maybe in the middle of a transaction, and another takes over. Thawed, the
// first writes nothing any more, says why, and ends.
func TestArchiveFrozen(t *testing.T) {
	t.Parallel()
	a := beginArchiving(t)
	frozen := a.start()
	crowd := a.crowd(4, 60)
	for round := range 3 {
		a.db.AwaitCarts(int64(1 + round*30))
		frozen.Signal(syscall.SIGSTOP)
		a.fault.Injected(1)
		before := a.position()
		next := a.Archive(a.url)
		told := a.sell("while-frozen-" + strconv.Itoa(round))
		a.awaitArchived(told)
		if a.position() <= before {
			t.Error("the position stands still")
		}
		frozen.Signal(syscall.SIGCONT)
		a.sell("thawed-" + strconv.Itoa(round))
		a.awaitFenced(frozen)
		frozen = next
	}
	a.check(crowd, 240)
	a.noGaps()
}

// awaitFenced waits until an archive ends, since another writes.
func (a *archiving) awaitFenced(process *testbed.Operator) {
	a.Helper()
	select {
	case <-process.Exited:
	case <-time.After(testbed.Patience):
		a.Fatal("the archive that was taken over from goes on")
	}
	a.fault.Checked(1)
	if !strings.Contains(process.Log(), "another archive writes to the database") {
		a.fault.Violated("it does not say why it ends: %s", process.Log())
	}
	if code := process.Command.ProcessState.ExitCode(); code != 1 {
		a.fault.Violated("it ends with code %d", code)
	}
}

// awaitArchived waits until one cart is archived.
func (a *archiving) awaitArchived(told *testbed.Told) {
	a.Helper()
	id, _ := project.UUID(stock.ID(told.Reservation))
	for deadline := time.Now().Add(testbed.Patience); a.db.Count("SELECT count(*) FROM reservations WHERE namespace = $1 AND reservation_id = $2", a.Namespace, id) == 0; {
		if time.Now().After(deadline) {
			a.Fatalf("reservation %s is not archived", told.Reservation)
		}
		time.Sleep(20 * time.Millisecond) // a poll of another process
	}
}

// Two archives with an election: the second waits, and goes on once the first is gone.
func TestArchiveElected(t *testing.T) {
	t.Parallel()
	a := beginArchiving(t)
	elected := []string{"--leader-elect=true", "--lease-duration=3s", "--renew-deadline=2s", "--retry-period=300ms"}
	first := a.start(elected...)
	crowd := a.crowd(4, 20)
	a.db.AwaitCarts(1)
	second := a.Archive(a.url, elected...)
	first.Signal(syscall.SIGTERM)
	<-first.Exited
	a.fault.Injected(1)
	if code := first.Command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ends with code %d: %s", code, first.Log())
	}
	a.check(crowd, 80)
	a.noGaps()
	if !second.Runs() {
		t.Error("nobody archives")
	}
}

// The database is away when the archive starts: its health is served, it says what it waits for,
// and it begins by itself.
func TestArchiveStartsWithoutDatabase(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	a := beginArchivingTo(t, server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server)))
	a.Must(server.Shutdown())
	health := testbed.FreeAddress(a.World)
	process := a.Archive(a.url, "--health-address", health)
	a.fault.Injected(1)
	crowd := a.crowd(2, 10)
	status := func(path string) (code int, body string) {
		response, err := http.Get("http://" + health + path)
		if err != nil {
			return 0, err.Error()
		}
		defer func() { _ = response.Body.Close() }()
		text, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(text)
	}
	await := func(path string, want int) {
		for deadline := time.Now().Add(testbed.Patience); ; time.Sleep(50 * time.Millisecond) { // a poll of another process
			code, body := status(path)
			if code == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is answered %d %s, want %d:\n%s", path, code, body, want, process.Log())
			}
		}
	}
	await("/healthz", http.StatusOK)
	await("/readyz", http.StatusInternalServerError)
	a.Must(server.Restart(t.Context()))
	await("/readyz", http.StatusOK)
	a.db.AwaitTables()
	a.check(crowd, 20)
	a.noGaps()
}

// The database is emptied while the archive runs: it is made anew as far as the journal goes, and
// that is marked where the journal has forgotten something.
func TestArchiveEmptied(t *testing.T) {
	t.Parallel()
	a := beginArchiving(t)
	a.start()
	crowd := a.crowd(4, 15)
	a.check(crowd, 60)
	_, err := a.db.Pool.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	a.Must(err)
	a.fault.Injected(1)
	a.sell("after")
	a.db.AwaitTables()
	a.check(crowd, 60)
}

// Pages are compacted while no archive is registered or reads: the gap is marked, movements come to
// the balances nevertheless, and all outcomes that were archived before stay. What a bound drops is
// played by the tests of internal/archive.
func TestArchiveOvertaken(t *testing.T) {
	t.Parallel()
	a := beginArchivingWith(t, "--journal-compact-above=16384")
	process := a.start("--reader-name=")
	crowd := a.crowd(4, 15)
	a.check(crowd, 60)
	page := a.db.Count("SELECT page FROM journal_positions WHERE namespace = $1", a.Namespace)
	process.Kill()
	a.fault.Injected(1)
	// Each record of a StockItem makes the one before worth nothing.
	for safety := int64(1); a.head() <= uint64(page); safety++ {
		a.safety("mug", safety)
		if safety > 3000 {
			t.Fatalf("the journal is not compacted: its head is %d, page %d was archived", a.head(), page)
		}
	}
	a.start("--reader-name=")
	a.check(crowd, 60)
	if n := a.db.Count("SELECT count(*) FROM journal_gaps WHERE namespace = $1 AND reason = 'COMPACTED' AND lost = 0", a.Namespace); n != 1 {
		a.fault.Violated("%d gaps are marked", n)
	}
	a.sell("next") // is archived record by record again
	a.check(crowd, 60)
	if n := a.db.Count("SELECT count(*) FROM journal_gaps WHERE namespace = $1", a.Namespace); n != 1 {
		a.fault.Violated("%d gaps are marked", n)
	}
}

// head is the number of the first page that counts.
func (a *archiving) head() (head uint64) {
	a.Helper()
	var newest uint64
	for _, p := range a.Pages() {
		if p.Number >= newest {
			newest, head = p.Number, max(head, p.Header.Head)
		}
	}
	return head
}

// safety changes what of a StockItem is kept back.
func (a *archiving) safety(name string, units int64) {
	a.Helper()
	item := &v1.StockItem{}
	item.Namespace, item.Name = a.Namespace, name
	patch := fmt.Sprintf(`{"spec":{"safetyStock":%d}}`, units)
	a.Must(a.Client.Patch(a.Context(), item, client.RawPatch(types.MergePatchType, []byte(patch))))
}

// The journal has another digest at the position that is archived, as after a restore of etcd from a
// backup: both histories are kept, and the older is marked.
func TestArchiveOtherHistory(t *testing.T) {
	t.Parallel()
	a := beginArchiving(t)
	process := a.start()
	crowd := a.crowd(4, 15)
	a.check(crowd, 60)
	process.Kill()
	for id, told := range crowd.Told {
		if !told.Refused {
			a.Ask(testbed.Consume("ship-"+id, testbed.PlainHTTP, told.Reservation), a.o)
			break
		}
	}
	_, err := a.db.Pool.Exec(t.Context(), `WITH pages AS (UPDATE journal_pages SET digest = repeat('0', 64) WHERE namespace = $1)
		UPDATE journal_positions SET digest = repeat('0', 64) WHERE namespace = $1`, a.Namespace)
	a.Must(err)
	a.fault.Injected(1)
	a.start()
	a.check(crowd, 60)
	for query, want := range map[string]int64{
		"SELECT count(*) FROM journal_gaps WHERE namespace = $1 AND reason = 'RESTORED' AND superseded > 0":   1,
		"SELECT max(epoch) FROM journals WHERE namespace = $1 AND reason = 'RESTORED'":                        2,
		"SELECT least(count(*), 1) FROM stock_movements WHERE namespace = $1 AND superseded AND epoch = 1":    1,
		"SELECT least(count(*), 1) FROM superseded_rows WHERE namespace = $1 AND from_table = 'reservations'": 1,
		"SELECT count(*) FROM reservations WHERE namespace = $1 AND epoch = 1":                                0,
	} {
		if n := a.db.Count(query, a.Namespace); n != want {
			a.fault.Violated("%s: %d, want %d", query, n, want)
		}
	}
	// What comes next is archived record by record again.
	a.sell("next")
	a.check(crowd, 60)
}
