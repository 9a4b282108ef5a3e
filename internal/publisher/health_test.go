package publisher

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr/funcr"

	"github.com/acme/inventory-service/api/events"
)

func TestTroubleIsToldOnce(t *testing.T) {
	var told []string
	log := funcr.New(func(_, line string) { told = append(told, line) }, funcr.Options{})
	var h health
	bad := func() { h.failed(log, "http://sink", errors.New("connection refused")) }

	h.worked(log, "http://sink")
	bad()
	bad()
	h.worked(log, "http://sink")
	if len(told) != 0 {
		t.Fatalf("hiccups are told: %q", told)
	}
	for range 10 {
		bad()
	}
	h.worked(log, "http://sink")
	h.worked(log, "http://sink")
	for _, word := range []string{"http://sink", "connection refused", "see that it runs"} {
		if !strings.Contains(told[0], word) {
			t.Errorf("the trouble is told without %q: %s", word, told[0])
		}
	}
	if len(told) != 2 || !slices.ContainsFunc(told, func(line string) bool { return strings.Contains(line, "again") }) {
		t.Errorf("told %q, want the trouble once and the recovery once", told)
	}
}

// A sink that fails all the time is told of, also beside one that works.
func TestTroubleOfOneSinkAmongTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		b := newBench(t, 1, func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "broken" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		b.log = funcr.New(func(_, line string) { told = append(told, line) }, funcr.Options{})
		broken, err := newTarget("sink", "http://broken/", b.options.HTTPClient, b.options.Clock)
		if err != nil {
			t.Fatal(err)
		}
		e := events.StockChange("shop", events.TypeStockLow, "1", events.StockChanged{})
		for range 2 * quietFailures {
			b.send(t.Context(), broken, e, false)
			b.send(t.Context(), b.sink, e, false)
		}
		if len(told) != 1 || !strings.Contains(told[0], "http://broken/") {
			t.Errorf("told %q, want the trouble of one, once", told)
		}
	})
}
