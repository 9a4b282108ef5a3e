package allocator

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
)

// modelSample is how many states there are to one that is checked to converge.
// States in which nothing can happen any more are all checked.
const modelSample = 128

// modelMemory is where the collector begins to look more often, in bytes.
const modelMemory = 6 << 30

// TestModelCheck plays every interleaving of deliveries, requests, answers,
// losses, crashes, elections and users within the bounds of the configurations,
// and checks the invariants at every version that the store holds on the way.
// MODEL=long plays the larger bounds, which take about 10 minutes.
func TestModelCheck(t *testing.T) {
	long := os.Getenv("MODEL") == "long"
	fault := faultreport.Begin(t, "exhaustive model check")
	// The search keeps what it makes for long; a collector that looks rarely
	// costs memory that nobody else needs meanwhile.
	percent, limit := debug.SetGCPercent(400), debug.SetMemoryLimit(modelMemory)
	t.Cleanup(func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(limit) })
	t.Run("all", func(t *testing.T) {
		for _, c := range modelConfigs {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.check(t, fault, long)
			})
		}
	})
}

func (c *modelConfig) check(t *testing.T, fault *faultreport.Fault, long bool) {
	bound := c.usual
	switch {
	case long:
		bound = c.long
	case testing.Short() || underRace:
		bound = c.short
	}
	began := time.Now()
	s := search(c, bound.depth, modelSample)
	fault.Injected(len(s.visited))
	fault.Checked(int(s.checks))
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d states, %d transitions, depth %d, %d at rest, %d converged, %d checks, %v, %d MB",
		len(s.visited), s.transitions, s.depth, s.leaves, s.converged, s.checks,
		time.Since(began).Round(time.Millisecond), memory.Sys>>20)
	if s.broken != nil {
		fault.Violated("%s", s.report())
		t.Fail() // it counts against the whole check, and names this part
		return
	}
	if len(s.visited) < bound.states {
		t.Errorf("%d states were reached, want %d: the search became weaker", len(s.visited), bound.states)
	}
}
