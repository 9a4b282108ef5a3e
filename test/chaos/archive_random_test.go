package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane/tcpproxy"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// mishaps is an archive to which anything may happen.
type mishaps struct {
	*archiving
	server  *postgres.Server
	proxy   *tcpproxy.Proxy
	chance  *rand.Rand
	process *testbed.Operator
	// longest is how long the database is unreachable at most.
	longest time.Duration
	carts   int
}

// Whatever happens, in whatever order: each cart is archived once, as its client was told, and
// nothing is marked as a gap that is none. With ARCHIVE=long the database is unreachable for
// minutes once.
func TestArchiveAtRandom(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	m := &mishaps{
		archiving: beginArchivingTo(t, server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server))),
		server:    server, chance: rand.New(rand.NewPCG(seed, 0)), longest: 3 * time.Second,
	}
	m.proxy = m.proxied()
	m.process = m.start()
	all := []func(){m.cut, m.unreachable, m.kill, m.restart, m.freezeServer, m.killServer, m.stopServer, m.takeOver, m.freeze}
	rounds := faultreport.Rounds(t, 9)
	for round := range rounds {
		all[(round+m.chance.IntN(len(all)))%len(all)]()
		m.fault.Injected(1)
		m.trade()
		if m.chance.IntN(4) == 0 {
			m.db.Pool.Reset() // what was open to a server that is no more
			m.db.Await()
			m.fault.Checked(1)
		}
	}
	if os.Getenv("ARCHIVE") == "long" {
		m.longest = 4 * time.Minute
		m.unreachable()
		m.fault.Injected(1)
		m.trade()
	}
	m.db.Pool.Reset()
	m.db.Await()
	m.fault.Checked(1)
	m.noGaps()
	if n := m.db.Count("SELECT (SELECT count(*) FROM reservations WHERE namespace = $1) + (SELECT count(*) FROM refusals WHERE namespace = $1)", m.Namespace); n != int64(m.carts) {
		m.fault.Violated("%d carts were told their outcome, %d are archived", m.carts, n)
	}
	if !m.process.Runs() {
		m.fault.Violated("nobody archives: %s", m.process.Log())
	}
}

// trade sells, ships and takes back some.
func (m *mishaps) trade() {
	m.Helper()
	for range 3 + m.chance.IntN(20) {
		m.carts++
		told := m.Ask(testbed.Reserve(fmt.Sprint("cart", m.carts), testbed.PlainHTTP, mugsAndPots(m.carts, 0)...), m.o)
		switch {
		case told.Refused:
		case m.chance.IntN(3) == 0:
			m.Ask(testbed.Consume("ship-"+told.Reservation, testbed.PlainHTTP, told.Reservation), m.o)
		case m.chance.IntN(2) == 0:
			m.Ask(testbed.Release("back-"+told.Reservation, testbed.PlainHTTP, told.Reservation), m.o)
		}
	}
}

// meanwhile lets some time pass, and carts come.
func (m *mishaps) meanwhile() {
	m.Helper()
	until := time.Now().Add(time.Duration(m.chance.Int64N(int64(m.longest))))
	for m.trade(); time.Now().Before(until); time.Sleep(min(time.Second, time.Until(until))) { // the fault itself lasts that long
		m.trade()
	}
}

func (m *mishaps) cut() {
	for range 1 + m.chance.IntN(5) {
		m.proxy.Cut()
		m.proxy.Mend()
		m.trade()
	}
}

func (m *mishaps) unreachable() {
	m.proxy.Freeze()
	m.meanwhile()
	m.proxy.Thaw()
}

func (m *mishaps) kill() {
	m.process.Kill()
	m.meanwhile()
	m.process = m.Archive(m.url)
}

func (m *mishaps) restart() {
	m.process.Stop()
	m.process = m.Archive(m.url)
}

func (m *mishaps) freezeServer() {
	m.Must(m.server.Freeze())
	m.meanwhile()
	m.Must(m.server.Thaw())
}

func (m *mishaps) killServer() {
	m.Must(m.server.Kill())
	m.meanwhile()
	m.Must(m.server.Restart(m.Context()))
}

func (m *mishaps) stopServer() {
	m.Must(m.server.Shutdown())
	m.meanwhile()
	m.Must(m.server.Restart(m.Context()))
}

// takeOver lets a second one take over.
func (m *mishaps) takeOver() {
	first := m.process
	m.oneEnds(first, m.Archive(m.url))
}

// freeze lets one take over from an archive that was frozen, and thaws that.
func (m *mishaps) freeze() {
	frozen := m.process
	frozen.Signal(syscall.SIGSTOP)
	m.meanwhile()
	next := m.Archive(m.url)
	m.db.Pool.Reset()
	m.db.Await()
	frozen.Signal(syscall.SIGCONT)
	m.oneEnds(frozen, next)
}

// oneEnds waits until one of two archives is fenced: the one that claimed the position first, which
// may be the one that was started last.
func (m *mishaps) oneEnds(a, b *testbed.Operator) {
	for deadline := time.Now().Add(testbed.Patience); a.Runs() && b.Runs(); m.trade() {
		if time.Now().After(deadline) {
			m.Fatalf("two archives go on: %s\n%s", a.Log(), b.Log())
		}
	}
	if a.Runs() {
		a, b = b, a
	}
	m.awaitFenced(a)
	m.process = b
}
