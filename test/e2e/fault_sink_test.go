package e2e

import (
	"fmt"
	"net/http"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
)

// TestSinkDown takes the sink away in several ways while carts are decided, and
// kills the operator twice in between. Every outcome arrives in the end, under one id
// with one content.
func TestSinkDown(t *testing.T) {
	for _, p := range []struct {
		name     string
		down, up func(*sink)
	}{
		{"refusing connections", (*sink).close, (*sink).open},
		{"answering 503", func(s *sink) { s.feel(failing(http.StatusServiceUnavailable)) }, func(s *sink) { s.feel(nil) }},
		{"answering 429", func(s *sink) { s.feel(failing(http.StatusTooManyRequests)) }, func(s *sink) { s.feel(nil) }},
		{"taking events without an answer", func(s *sink) { s.feel(forgetful) }, func(s *sink) { s.feel(nil) }},
	} {
		t.Run(p.name, func(t *testing.T) {
			k := newKilling(newWorld(t))
			k.declare("mug", "mug", "amsterdam", 6)
			o := k.start()
			o.awaitReady()
			carts := func(from, to int) {
				for i := from; i < to; i++ {
					k.ask(reserve(fmt.Sprint(i), plainHTTP, item("mug", 1)), o)
				}
			}
			carts(0, 2)
			k.sink.check()

			p.down(k.sink)
			for _, to := range []int{5, 8} { // the last two are refused
				carts(to-3, to)
				// Its place is in the ledger, and nothing has gone past it.
				k.awaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.Backlog >= int64(to-2) })
				o.kill()
				o = k.start()
				o.awaitReady()
			}

			p.up(k.sink)
			k.sink.check()
			k.settle()
		})
	}
}
