package chaos

import (
	"fmt"
	"net/http"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// TestSinkDown takes the sink away in several ways while carts are decided, and
// kills the operator twice in between. Every outcome arrives in the end, under one id
// with one content.
func TestSinkDown(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		name     string
		down, up func(*testbed.Sink)
	}{
		{"refusing connections", (*testbed.Sink).Close, (*testbed.Sink).Open},
		{"answering 503", func(s *testbed.Sink) { s.Feel(testbed.Failing(http.StatusServiceUnavailable)) }, func(s *testbed.Sink) { s.Feel(nil) }},
		{"answering 404, as a broker that is not made yet", func(s *testbed.Sink) { s.Feel(testbed.Failing(http.StatusNotFound)) }, func(s *testbed.Sink) { s.Feel(nil) }},
		{"answering 429", func(s *testbed.Sink) { s.Feel(testbed.Failing(http.StatusTooManyRequests)) }, func(s *testbed.Sink) { s.Feel(nil) }},
		{"taking events without an answer", func(s *testbed.Sink) { s.Feel(testbed.Forgetful) }, func(s *testbed.Sink) { s.Feel(nil) }},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			k := testbed.NewKilling(testbed.NewWorld(t))
			k.Declare("mug", "mug", "amsterdam", 6)
			o := k.Start()
			o.AwaitReady()
			carts := func(from, to int) {
				for i := from; i < to; i++ {
					k.Ask(testbed.Reserve(fmt.Sprint(i), testbed.PlainHTTP, testbed.Item("mug", 1)), o)
				}
			}
			carts(0, 2)
			k.Sink.Check()

			p.down(k.Sink)
			for _, to := range []int{5, 8} { // the last two are refused
				carts(to-3, to)
				// The journal knows what was delivered, and nothing has gone past it.
				k.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.Undelivered >= int64(to-2) })
				o.Kill()
				o = k.Start()
				o.AwaitReady()
			}

			p.up(k.Sink)
			k.Sink.Check()
			k.Settle()
		})
	}
}
