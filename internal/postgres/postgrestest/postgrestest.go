// Package postgrestest gives tests a PostgreSQL. A package whose tests need one calls Main from
// its TestMain, and Database from its tests:
//
//	func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }
//
// Tests that break the server on purpose take one of their own, from Start. Where there is no
// PostgreSQL, or with -short, tests that ask for one are skipped; with the variable
// REQUIRE_POSTGRES set they fail instead of the former.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/acme/inventory-service/internal/postgres"
)

// requireVariable names the environment variable that makes a missing PostgreSQL a failure.
const requireVariable = "REQUIRE_POSTGRES"

// shared is the server of the test binary, started when first asked for.
var shared struct {
	sync.Mutex
	started bool
	server  *postgres.Server
	err     error
}

// databases counts those that tests were given.
var databases atomic.Int64

// Main runs what runs the tests of a package, then stops the shared server if there is one, and
// returns the exit code.
func Main(run func() int) int {
	code := run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return max(code, 1)
		}
	}
	return code
}

// Shared returns the server that all tests of the package share, the newest that there is.
// Tests keep apart by databases.
func Shared(tb testing.TB) *postgres.Server {
	tb.Helper()
	skipShort(tb)
	shared.Lock()
	defer shared.Unlock()
	if !shared.started {
		shared.started = true
		shared.server, shared.err = postgres.Start(context.Background(), postgres.Options{UnsafeNoFsync: true})
	}
	if shared.err != nil {
		missing(tb, shared.err)
	}
	return shared.server
}

// Database makes an empty database on the shared server for one test, and returns its name.
func Database(tb testing.TB) string {
	tb.Helper()
	return DatabaseOn(tb, Shared(tb))
}

// DatabaseOn makes an empty database on a server for one test, and returns its name.
func DatabaseOn(tb testing.TB, server *postgres.Server) string {
	tb.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := server.CreateDatabase(tb.Context(), name); err != nil {
		tb.Fatal(err)
	}
	return name
}

// URL is how the plain role reaches an empty database of its own on the shared server.
func URL(tb testing.TB) string {
	tb.Helper()
	return Shared(tb).URL(postgres.PlainRole, Database(tb))
}

// Start starts a server for one test and stops it when the test ends.
func Start(tb testing.TB, options postgres.Options) *postgres.Server {
	tb.Helper()
	skipShort(tb)
	server, err := postgres.Start(tb.Context(), options)
	if err != nil {
		missing(tb, err)
	}
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

// Pooler starts a PgBouncer in transaction mode before a server, for one test.
func Pooler(tb testing.TB, server *postgres.Server) *postgres.Pooler {
	tb.Helper()
	pooler, err := server.StartPooler(tb.Context())
	if err != nil {
		missing(tb, err)
	}
	tb.Cleanup(func() {
		if err := pooler.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return pooler
}

// EachVersion runs a test with each PostgreSQL that this machine has, on a server of its own.
func EachVersion(t *testing.T, test func(t *testing.T, server *postgres.Server)) {
	skipShort(t)
	all, err := postgres.Installations()
	if err != nil {
		missing(t, err)
	}
	for _, installation := range all {
		t.Run(fmt.Sprintf("%d", installation.Major), func(t *testing.T) {
			test(t, Start(t, postgres.Options{Installation: installation, UnsafeNoFsync: true}))
		})
	}
}

// Need skips a test, or fails it, where there is no PostgreSQL to start.
func Need(tb testing.TB) {
	tb.Helper()
	skipShort(tb)
	if _, err := postgres.Installations(); err != nil {
		missing(tb, err)
	}
}

// missing skips a test for which there is no server, and fails for any other reason.
func missing(tb testing.TB, err error) {
	tb.Helper()
	absent := errors.Is(err, postgres.ErrNotFound) || errors.Is(err, postgres.ErrNoPooler)
	if absent && os.Getenv(requireVariable) == "" {
		tb.Skip(err)
	}
	tb.Fatal(err)
}

func skipShort(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("needs PostgreSQL: not with -short")
	}
}
