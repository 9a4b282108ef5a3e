package publisher

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
)

func TestTroubleIsToldOnce(t *testing.T) {
	var told []string
	log := funcr.New(func(_, line string) { told = append(told, line) }, funcr.Options{})
	var h health
	bad := func() { h.failed(log, "http://sink", errors.New("connection refused")) }

	h.worked(log)
	bad()
	bad()
	h.worked(log)
	if len(told) != 0 {
		t.Fatalf("hiccups are told: %q", told)
	}
	for range 10 {
		bad()
	}
	h.worked(log)
	h.worked(log)
	for _, word := range []string{"http://sink", "connection refused", "see that it runs"} {
		if !strings.Contains(told[0], word) {
			t.Errorf("the trouble is told without %q: %s", word, told[0])
		}
	}
	if len(told) != 2 || !slices.ContainsFunc(told, func(line string) bool { return strings.Contains(line, "again") }) {
		t.Errorf("told %q, want the trouble once and the recovery once", told)
	}
}
