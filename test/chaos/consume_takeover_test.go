package chaos

import (
	"net/http"
	"testing"

	"github.com/acme/inventory-service/test/testbed"
)

// TestConsumeTakenOver stops leader after leader in the middle of a consume.
// The next one finishes it, and the stopped one goes on with a write that comes too
// late: it serves on.
func TestConsumeTakenOver(t *testing.T) {
	s := newShipping(t)
	flags := append([]string{"--sink", s.Sink.URL()}, testbed.ShortLease...)
	next := func() (*testbed.Operator, *testbed.Proxy) {
		through := s.Proxied()
		o := s.Launch(through.Kubeconfig, flags...)
		through.Victim <- o
		return o, through
	}
	leader, front := next()
	leader.AwaitReady()
	s.o = leader
	for _, step := range []step{shippingIt, showingIt, showingUnits} {
		reservation := s.hold()
		s.ship(reservation)
		standby, behind := next()
		standby.AwaitReady()

		thaw, code := make(chan struct{}), make(chan int, 1)
		frozen := front.Arm(step.at, testbed.Freeze(thaw, code))
		c := testbed.Consume("consume-"+reservation, testbed.PlainHTTP, reservation)
		go func() { _, _ = c.Send(t.Context(), leader.Bridge) }() // it has no answer, or one that is told again
		s.Remember(c, s.Ask(c, standby))
		s.awaitShipped(reservation)
		s.Settle()
		close(thaw)
		testbed.AwaitClosed(s.World, frozen, "the late write while "+step.name)
		if got := <-code; got != http.StatusConflict {
			t.Errorf("%s: the late write was answered %d, want a conflict", step.name, got)
		}
		leader.AwaitServing(s.Context())
		leader.Kill()
		s.Remember(c, s.Ask(c, standby))
		leader, front = standby, behind
		s.o = leader
	}
	s.finish()
	s.Sink.Check()
}
