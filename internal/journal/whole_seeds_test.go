package journal_test

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"testing"
)

// seeds are those that are played: some, or the one that the variable WHOLE_SEED names.
func seeds(t *testing.T) []uint64 {
	t.Helper()
	text := os.Getenv("WHOLE_SEED")
	if text == "" {
		return []uint64{1, 2}
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return []uint64{seed}
}

func sortPlaces(places []place) {
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.page, b.page), cmp.Compare(a.index, b.index))
	})
}
