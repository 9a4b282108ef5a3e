package stock

import (
	"math/rand/v2"
	"testing"
)

// WalkPolicies name the policies of random walks.
func WalkPolicies() (names []string) {
	for name := range walks {
		names = append(names, name)
	}
	return names
}

// WalkHistory is what a random walk wrote, for tests of those who read journals.
func WalkHistory(t *testing.T, policy string, seed uint64) []*Write {
	w := &walk{
		t: t, rand: rand.New(rand.NewPCG(seed, 7)), policy: walks[policy].policy, fill: walks[policy].fill,
		now: start, version: 1000, seen: map[string]int{},
	}
	w.s = NewIndexed(Index{Carts: true, Orders: true})
	w.oracle, w.text = newOracle(w), dump(t, w.s)
	for range 140 {
		w.step()
	}
	return w.history
}
