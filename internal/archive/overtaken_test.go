package archive_test

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
)

// An archive that is registered is waited for until the log comes near its bound. Then the oldest
// pages go, carts that had ended are forgotten, and the archive that comes back marks the gap: no
// balance is wrong, no hold that is none stays, and no outcome is archived that no client was told.
func TestOvertakenByCompaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stock.Policy{Retention: second, Grace: second, Limit: 48 << 10, CompactAbove: 4 << 10, Batch: 32 << 10}, postgrestest.URL(t))
	p := w.archive(w.url)
	before := w.reserve(20, 1)
	refused := w.reserve(2, 5_000_000)
	w.consume(before[:4]...)
	w.release(before[4:8]...)
	w.caughtUp()
	p.stop()
	page := uint64(w.count("SELECT page FROM journal_positions WHERE namespace = $1"))
	if answer, err := w.runner.Ask(w.Context(), stock.ReadPages{Reader: "archive", Page: page}); err != nil || answer.Verdict != stock.Done {
		t.Fatalf("%+v, %v", answer, err)
	}

	// Three end while nobody reads, in all ways.
	w.consume(before[8])
	w.release(before[9:11]...)
	w.publish()
	var meanwhile []stock.ID
	waited := false
	w.await("the journal drops what its reader has not read", func() bool {
		meanwhile = append(meanwhile, w.reserve(10, 1)...)
		w.release(meanwhile[len(meanwhile)-10:]...)
		w.publish()
		var head uint64
		var size int64
		w.runner.Read(func(s *stock.State, _ *journal.Log) {
			head = s.Head()
			for _, r := range s.PageReaders() {
				size = r.Bytes
			}
		})
		waited = waited || head == page && size > 16<<10
		return head > page
	})
	if !waited {
		t.Error("the journal has not waited for its reader at all")
	}
	time.Sleep(1100 * time.Millisecond) // what has ended may be forgotten after a second
	w.await("the journal forgets the holds that have ended", func() bool {
		w.consume(w.reserve(5, 1)...)
		w.publish()
		known := false
		w.runner.Read(func(s *stock.State, _ *journal.Log) {
			for _, id := range before[8:11] {
				_, is := s.Reservation(id)
				known = known || is
			}
		})
		return !known
	})

	w.archive(w.url)
	w.caughtUp()
	w.sees(false, before[:8]...)
	w.sees(false, refused...)
	w.sees(true, before[8:11]...)
	w.sees(false, before[11:]...)
	w.sees(true, meanwhile...)
	w.want(map[string]int64{
		"SELECT count(*) FROM journal_gaps WHERE namespace = $1":                                       1,
		"SELECT count(*) FROM journal_gaps WHERE namespace = $1 AND reason = 'COMPACTED' AND lost = 3": 1,
		"SELECT count(*) FROM reservations WHERE namespace = $1 AND release_reason = 'LOST_IN_GAP'":    3,
		"SELECT least(count(*), 1) FROM stock_movements WHERE namespace = $1 AND kind = 'RESTATED'":    1,
		"SELECT count(*) FROM journals WHERE namespace = $1":                                           1,
		"SELECT after_page FROM journal_gaps WHERE namespace = $1":                                     int64(page),
	})
	// What comes next is archived record by record again.
	w.sees(false, w.after()...)
	w.want(map[string]int64{"SELECT count(*) FROM journal_gaps WHERE namespace = $1": 1})
}

// after sells some more, which are archived as they come.
func (w *world) after() []stock.ID {
	w.Helper()
	ids := w.reserve(5, 1)
	w.release(ids[0])
	w.consume(ids[1])
	w.caughtUp()
	return ids
}
