package allocator_test

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/acme/inventory-service/test/faultreport"
)

// quiet keeps what operators say of simulated trouble out of the test's output.
var quiet = sync.OnceFunc(func() { ctrl.SetLogger(logr.Discard()) })

// TestSimulation plays operators that compete, crash, lag and lose answers
// against users who change everything, and checks the invariants at every
// version that the store ever holds. SEED replays one seed, SEEDS sets how many
// are played, FROM where they begin.
func TestSimulation(t *testing.T) {
	if seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		if w := play(t, seed, true); w.failure != "" {
			t.Fatal(w.report())
		}
		return
	}
	fault := faultreport.Begin(t, "seeded simulation")
	total, failed := playAll(t, number("FROM", 1), seeds(t))
	fault.Injected(total.seeds)
	fault.Checked(total.revisions)
	t.Logf("%+v", total.reached)
	if failed != nil {
		fault.Violated("%s", failed.report())
		return
	}
	if total.seeds >= 200 { // of fewer, some do nothing rare
		total.check(t)
	}
}

// seeds is how many seeds are played.
func seeds(t *testing.T) uint64 {
	usual := 300
	if testing.Short() {
		usual = 200
	}
	return number("SEEDS", uint64(faultreport.Rounds(t, usual)))
}

func number(variable string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(variable), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// play plays one seed, in a bubble of its own.
func play(t *testing.T, seed uint64, traced bool) (w *world) {
	quiet()
	synctest.Test(t, func(*testing.T) {
		w = newWorld(seed)
		w.traced = traced
		w.scenario = w.draw()
		w.logf("%+v", w.scenario)
		defer w.close()
		w.open()
		w.run(w.scenario.span)
		w.checkSettled(w.settle())
	})
	return w
}

// played is what came of many seeds.
type played struct {
	seeds, revisions int
	reached
}

// playAll plays seeds on every processor, each on one. It stops at a failure and
// returns the lowest seed that failed.
func playAll(t *testing.T, from, count uint64) (total played, failed *world) {
	var next, stop atomic.Uint64
	next.Store(from)
	stop.Store(from + count)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := next.Add(1) - 1; seed < stop.Load(); seed = next.Add(1) - 1 {
				w := play(t, seed, false)
				mu.Lock()
				total.add(w.store.oracle)
				if w.failure != "" && (failed == nil || seed < failed.seed) {
					failed = w
					stop.Store(min(stop.Load(), seed))
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return total, failed
}

func (p *played) add(o *oracle) {
	p.seeds++
	p.revisions += o.revisions
	p.reserved += o.reached.reserved
	p.refused += o.reached.refused
	p.released += o.reached.released
	p.consumed += o.reached.consumed
	p.lost += o.reached.lost
	p.edited += o.reached.edited
	p.dropped += o.reached.dropped
	p.takeOvers += o.reached.takeOvers
	p.tallied += o.reached.tallied
}

// check fails where the seeds got nowhere, which would prove nothing.
func (p *played) check(t *testing.T) {
	for what, count := range map[string]int{
		"reserved": p.reserved, "refused": p.refused, "released": p.released, "consumed": p.consumed,
		"take-overs": p.takeOvers, "folds tallied": p.tallied, "ledgers lost": p.lost * 2, "ledgers edited": p.edited * 2, "tallies deleted": p.dropped * 8,
	} {
		if count < p.seeds/4 {
			t.Errorf("only %d %s in %d seeds", count, what, p.seeds)
		}
	}
}

// TestSimulationReplays: a seed is a whole run, to the last write.
func TestSimulationReplays(t *testing.T) {
	for seed := range number("REPLAYS", 20) {
		one, other := play(t, seed+1, true), play(t, seed+1, true)
		for i := range min(len(one.trace), len(other.trace)) {
			if one.trace[i] != other.trace[i] {
				t.Fatalf("seed %d, line %d: %s\nand: %s", seed+1, i, one.trace[i], other.trace[i])
			}
		}
		if one.hash != other.hash || len(one.trace) != len(other.trace) {
			t.Fatalf("seed %d ended in %d lines and %d", seed+1, len(one.trace), len(other.trace))
		}
	}
}
