package allocator_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestSimulation plays replicas that compete, crash, freeze and lose answers against
// callers who repeat themselves and people who change StockItems, and judges each write
// that the server stores and each answer that is told.
//
// SEEDS says how many seeds are played, FROM where they begin; SEED=n plays one and shows
// what happened.
func TestSimulation(t *testing.T) {
	if seed, ok := variable("SEED"); ok {
		w := play(uint64(seed), true)
		t.Log("\n" + strings.Join(w.trace, "\n"))
		if w.failure != "" {
			t.Fatalf("seed %d: %s", seed, w.failure)
		}
		return
	}
	seeds := usualSeeds
	if n, ok := variable("SEEDS"); ok {
		seeds = n
	}
	from, _ := variable("FROM")
	total, failed := playAll(uint64(from), seeds)
	if failed != nil {
		again := play(failed.seed, true)
		lines := 80
		if n, ok := variable("LINES"); ok {
			lines = n
		}
		t.Fatalf("seed %d: %s\n%s", failed.seed, failed.failure, strings.Join(again.trace[max(0, len(again.trace)-lines):], "\n"))
	}
	t.Logf("%d seeds: %+v", seeds, total)
	if seeds >= 200 { // of fewer, some do nothing rare
		total.check(t, seeds)
	}
}

func variable(name string) (int, bool) {
	n, err := strconv.Atoi(os.Getenv(name))
	return n, err == nil
}

// play plays one seed.
func play(seed uint64, tracing bool) *world {
	w := newWorld(seed, tracing)
	for i := 0; i < w.length && w.failure == ""; i++ {
		w.step()
		if i%200 == 199 {
			for _, p := range w.procs {
				w.followed(p)
			}
		}
	}
	if w.failure == "" {
		w.settle()
	}
	return w
}

// playAll plays seeds side by side, each in a goroutine of its own, and returns what they
// reached, and the first that failed.
func playAll(from uint64, seeds int) (total reach, failed *world) {
	var mutex sync.Mutex
	var group sync.WaitGroup
	next := from
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for {
				mutex.Lock()
				seed := next
				next++
				done := seed >= from+uint64(seeds) || failed != nil
				mutex.Unlock()
				if done {
					return
				}
				w := play(seed, false)
				mutex.Lock()
				total.add(w.reach)
				if w.failure != "" && (failed == nil || seed < failed.seed) {
					failed = w
				}
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	return total, failed
}
