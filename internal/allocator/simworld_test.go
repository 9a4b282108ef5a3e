package allocator_test

import (
	"cmp"
	"container/heap"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// world is a simulation: virtual time and a queue of what happens next. The
// operators are the real ones, goroutines and all, in a bubble of testing/synctest:
// whatever of theirs takes time comes back here and waits for its turn, and
// nothing happens before every goroutine waits. So one thing happens at a time,
// and a seed replays.
type world struct {
	seed    uint64
	rng     *rand.Rand
	elapsed time.Duration
	queue   happenings
	count   uint64

	mu     sync.Mutex
	parked []parking

	scenario  scenario
	store     *store
	processes []*process
	// calm turns all faults off.
	calm bool

	failure string
	// hash is of the trace, whose lines are kept if traced says so.
	hash   uint64
	traced bool
	trace  []string
}

// simStart is when every simulation begins.
var simStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newWorld(seed uint64) *world {
	w := &world{seed: seed, rng: rand.New(rand.NewPCG(seed, 0x5eed))}
	w.store = newStore(w)
	return w
}

func (w *world) now() time.Time { return simStart.Add(w.elapsed) }

// happening is something that will happen at a time; among equals the order of
// scheduling counts.
type happening struct {
	at    time.Duration
	order uint64
	do    func()
}

type happenings []happening

func (h happenings) Len() int      { return len(h) }
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h happenings) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h *happenings) Push(x any) { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = happening{}
	*h = (*h)[:len(*h)-1]
	return last
}

// after does something later. It is for the world's own goroutine: others park.
func (w *world) after(d time.Duration, do func()) {
	w.count++
	heap.Push(&w.queue, happening{w.elapsed + d, w.count, do})
}

// parking is a goroutine of an operator that waits for the world: begin says
// what is to come of it. The other fields order those that come at once.
type parking struct {
	who, what, name, version string
	begin                    func()
}

// park is called by the goroutines of the operators.
func (w *world) park(p parking) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.parked = append(w.parked, p)
}

// admit waits until every goroutine waits, and sets going what they wait for, in
// an order that does not depend on theirs.
func (w *world) admit() {
	synctest.Wait()
	w.mu.Lock()
	parked := w.parked
	w.parked = nil
	w.mu.Unlock()
	if len(parked) > 1 {
		slices.SortStableFunc(parked, func(a, b parking) int {
			return cmp.Or(cmp.Compare(a.who, b.who), cmp.Compare(a.what, b.what),
				cmp.Compare(a.name, b.name), cmp.Compare(a.version, b.version))
		})
	}
	for _, p := range parked {
		p.begin()
	}
}

// run lets time pass until end, or until something failed.
func (w *world) run(end time.Duration) {
	for w.failure == "" && len(w.queue) > 0 && w.queue[0].at <= end {
		next := heap.Pop(&w.queue).(happening)
		w.elapsed = next.at
		next.do()
		w.admit()
		for _, p := range w.processes {
			p.showStale()
		}
	}
	if w.failure == "" {
		w.elapsed = end
	}
}

func (w *world) failf(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
		w.logf("FAILED: %s", w.failure)
	}
}

// logf adds a line to the trace. What is only hashed is not formatted.
func (w *world) logf(format string, args ...any) {
	if w.traced {
		w.trace = append(w.trace, w.now().Format("15:04:05.000000 ")+fmt.Sprintf(format, args...))
	}
}

// mark makes the hash depend on a change of the store.
func (w *world) mark(text string) {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %d %s", w.hash, w.elapsed, text)
	w.hash = h.Sum64()
}

func (w *world) report() string {
	if !w.traced {
		return fmt.Sprintf("seed %d: %s\nSEED=%d shows what happened", w.seed, w.failure, w.seed)
	}
	return fmt.Sprintf("seed %d: %s\n%s", w.seed, w.failure, strings.Join(w.trace, "\n"))
}

// chance is true with the probability p, and never when calm.
func (w *world) chance(p float64) bool { return !w.calm && p > 0 && w.rng.Float64() < p }

// upTo is a random duration, mostly short.
func (w *world) upTo(d time.Duration) time.Duration {
	f := w.rng.Float64()
	return time.Duration(f * f * float64(d))
}

func (w *world) oneOf(n int) bool { return w.rng.IntN(n) == 0 }
