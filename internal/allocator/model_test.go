package allocator

import (
	"os"
	"runtime/debug"
	"strconv"
	"testing"
)

// TestModelCheck visits all that can happen in small worlds: MODEL=long in larger ones.
// -short leaves it out.
func TestModelCheck(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	percent := debug.SetGCPercent(400)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	long := os.Getenv("MODEL") == "long"
	for _, cfg := range configs {
		t.Run(cfg.name, func(t *testing.T) {
			t.Parallel()
			b, sample := cfg.bound, 97
			if long {
				b.depth++ // one more takes 20 GiB in some worlds
			}
			b.depth -= shallower
			if depth, err := strconv.Atoi(os.Getenv("MODEL_DEPTH")); err == nil {
				b = bound{depth: depth}
			}
			s := run(cfg, b, sample)
			if s.broken != nil {
				t.Fatal(s.report())
			}
			t.Logf("it begins with: %s", s.root.picture())
			t.Logf("%v", s)
			t.Logf("reached: %v", s.reached)
			if shallower > 0 {
				return
			}
			if len(s.visited) < b.states {
				t.Errorf("%d states, which is fewer than %d: the search has lost its way", len(s.visited), b.states)
			}
			for _, situation := range cfg.reaches {
				if s.reached[situation] == 0 {
					t.Errorf("it never reached: %s", situation)
				}
			}
		})
	}
}
