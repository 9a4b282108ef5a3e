package archive_test

import (
	"testing"

	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// Everything goes through a PgBouncer in transaction mode: tables and months are made, what comes
// is archived, and that goes on once a pooler that was killed is there again, and once the server
// behind it is.
func TestThroughPgBouncer(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	pooler := postgrestest.Pooler(t, server)
	database := postgrestest.DatabaseOn(t, server)
	w := newWorld(t, remember, server.URL(postgres.PlainRole, database))
	p := w.archive(pooler.URL(postgres.PlainRole, database))
	ids := w.reserve(10, 1)
	w.caughtUp()
	w.must(pooler.Kill())
	w.consume(ids[0])
	ids = append(ids, w.reserve(5, 1)...)
	w.must(pooler.Restart(t.Context()))
	w.caughtUp()
	w.must(server.Kill())
	w.release(ids[1])
	w.must(server.Restart(t.Context()))
	w.pool.Reset()
	w.caughtUp()
	// One that takes over through the pooler fences the one before.
	second := w.archive(pooler.URL(postgres.PlainRole, database))
	ids = append(ids, w.reserve(5, 1)...)
	w.await("the first ends", func() bool {
		select {
		case <-p.ended:
			return true
		default:
			w.reserve(1, 1)
			return false
		}
	})
	w.caughtUp()
	w.sees(false, ids...)
	w.want(map[string]int64{"SELECT count(*) FROM journal_gaps WHERE namespace = $1": 0})
	second.stop()
	w.must(second.err)
	if t.Failed() {
		t.Logf("the first: %s\nthe second: %s", p.log, second.log)
	}
}
