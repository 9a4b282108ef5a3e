package chaos

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// seedOf is where a suite's random choices begin: what SEED says, or any. It is
// logged. With real processes a seed repeats what is done to them, and not their
// timing.
func seedOf(tb testing.TB) uint64 {
	tb.Helper()
	seed := rand.Uint64() >> 32
	if text := os.Getenv("SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 32); err != nil {
			tb.Fatalf("SEED is %q: give a number of 32 bits", text)
		}
	}
	tb.Logf("SEED=%d repeats these choices", seed)
	return seed
}
