package allocator_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// world is one seed: replicas against one API server, callers who want carts, people who
// change StockItems, and faults. One goroutine, virtual time.
type world struct {
	seed   uint64
	rng    *rand.Rand
	server *journaltest.Server
	procs  []*process
	now    time.Time
	// stray are requests whose senders have given them up: they may arrive at any time.
	stray []journal.Effect
	// books judge each write that the server stores; judged is how many they have seen.
	books  *books
	judged int

	wishes  []*wish
	asks    map[uint64]*question
	stock   *stockroom
	archive *archive
	objects []*object
	// delivered are the outcomes whose events were delivered, by number.
	delivered map[uint64]stock.ID

	policy stock.Policy
	config journal.Config
	// denyUntil is when the server takes writes again; touchUntil is when a stranger's
	// controller stops to annotate each page that was written.
	denyUntil, touchUntil time.Time
	// crashAt is the write at which a process crashes, whatever else happens.
	crashAt, writes int
	disaster        disaster
	// steps is how much has happened, of length.
	steps, length int
	// read is the newest replica that has just read the journal.
	read *reader

	count   int
	faulty  bool
	resting bool
	tracing bool
	trace   []string
	failure string
	reach   reach
}

// maxAhead and maxBehind bound the clocks of processes against the world's.
const (
	maxAhead  = 5 * time.Second
	maxBehind = 3 * time.Second
)

func newWorld(seed uint64, tracing bool) *world {
	w := &world{
		seed: seed,
		rng:  rand.New(rand.NewPCG(seed, 11)), server: journaltest.NewServer(), now: fixture.Start, faulty: true, tracing: tracing,
		asks: map[uint64]*question{}, delivered: map[uint64]stock.ID{},
	}
	// Some live long enough for pages to be written over while a process is frozen.
	if w.length = 1500; seed%8 == 0 {
		w.length = 6000
	}
	w.policy = stock.Policy{
		Index:     stock.Index{Carts: true, Orders: true},
		Retention: fixture.Span(15 * time.Second), Grace: fixture.Span(12 * time.Second),
		Batch: 1800 + w.rng.IntN(600),
	}
	// Below some batches compaction never comes to an end: what it restates is by itself
	// enough for it to go on.
	w.policy.CompactAbove = int64(4*w.policy.Batch + w.rng.IntN(2000))
	w.config = fixture.Config("", fixture.Fill(150+w.rng.IntN(400)))
	if w.config.Spare = w.rng.IntN(3); w.length > 2000 {
		w.config = fixture.Config("", fixture.Fill(800+w.rng.IntN(400))) // fewer pages, for a full turn
	}
	switch w.rng.IntN(4) {
	case 0:
		w.policy.Limit = int64(6000 + w.rng.IntN(6000))
	case 1:
		w.config.Bandwidth = 2000 + w.rng.IntN(20000)
	}
	w.crashAt = w.rng.IntN(100)
	if seed%3 == 1 {
		w.disaster.at = w.length/4 + w.rng.IntN(w.length/2)
	}
	w.books = newBooks(w)
	w.stock = newStockroom(w)
	w.archive = newArchive(w)
	w.server.Reject = rejectPoison
	w.server.Deny = func(*journal.Page) error { return w.deny() }
	for range 2 + w.rng.IntN(2) {
		w.procs = append(w.procs, w.newProcess())
	}
	w.procs[0].setElected(true)
	return w
}

// fresh returns a name that was never used: a text, or a UUID.
func (w *world) fresh(kind string) stock.ID {
	w.count++
	if w.rng.IntN(2) == 0 {
		return stock.ID(fmt.Sprintf("%s-%d", kind, w.count))
	}
	return stock.ID(fmt.Sprintf("%08x-0000-5000-8000-%012x", kind[0], w.count))
}

// version gives a change of something other than a page its version.
func (w *world) version() uint64 {
	w.server.Version++
	return w.server.Version
}

func (w *world) failf(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
		w.note("FAILURE: %s", w.failure)
	}
}

// note adds a line to the trace. Arguments that are costly to print are Stringers.
func (w *world) note(format string, args ...any) {
	if w.tracing {
		at := w.now.Sub(fixture.Start).Truncate(time.Millisecond)
		w.trace = append(w.trace, fmt.Sprintf("%9s  ", at)+fmt.Sprintf(format, args...))
	}
}

// chance is true once in n times.
func (w *world) chance(n int) bool { return w.rng.IntN(n) == 0 }

// step lets one thing happen.
func (w *world) step() {
	w.steps++
	w.now = w.now.Add(time.Duration(w.rng.IntN(12)) * time.Millisecond)
	w.ruin()
	w.askForRepair()
	w.archive.step()
	p := w.procs[w.rng.IntN(len(w.procs))]
	switch n := w.rng.IntN(200); {
	case n < 50:
		w.some((*process).isAsking, w.serve)
	case n < 96:
		w.some((*process).isAnswered, (*process).answer)
	case n < 120:
		w.some((*process).isBehind, (*process).deliver)
	case n < 146:
		w.shop(p)
	case n < 154:
		w.some((*process).isLeading, (*process).feed)
	case n < 158:
		w.stock.show(p)
	case n < 162:
		p.watchStock()
	case n < 170:
		w.objectsStep(p)
	case n < 174:
		w.some((*process).isLeading, func(p *process) { p.publish(6) })
	case n < 177:
		w.some((*process).isLeading, w.expire)
	case n < 182:
		w.stock.change()
	case n < 183:
		w.elect(p)
	case n < 195:
		w.fault(p)
	default:
	}
}

// some lets one process do something, of those that can.
func (w *world) some(can func(*process) bool, do func(*process)) {
	first := w.rng.IntN(len(w.procs))
	for i := range w.procs {
		if p := w.procs[(first+i)%len(w.procs)]; can(p) {
			do(p)
			return
		}
	}
}

// elect elects or deposes a process: mostly there is one, sometimes none or several.
func (w *world) elect(p *process) {
	if p.isFrozen() || p.elected && w.chance(2) {
		return
	}
	p.setElected(!p.elected)
}

// judge lets the books see what the server has stored since.
func (w *world) judge() {
	for ; w.judged < len(w.server.Changes) && w.failure == ""; w.judged++ {
		if c := w.server.Changes[w.judged]; c.Deleted {
			delete(w.books.pages, c.Page.Name)
		} else {
			w.books.stored(c.Page)
		}
	}
}
