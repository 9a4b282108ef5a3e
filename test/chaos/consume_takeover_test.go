package chaos

import (
	"net/http"
	"testing"

	"github.com/acme/inventory-service/test/testbed"
)

// TestConsumeTakenOver stops leader after leader in the middle of a consume.
// The next one finishes the fold, and the stopped one goes on with a write that
// comes too late. It runs alone: a leader that is kept from renewing a short lease
// by other tests ends, and nobody starts it again.
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
	for _, step := range []foldStep{creatingTally, opening, showing, counting, closing} {
		reservation := s.hold()
		s.ship(reservation)
		last := s.lastFold()
		standby, behind := next()
		standby.AwaitReady()

		thaw, code := make(chan struct{}), make(chan int, 1)
		frozen := front.Arm(step.at(last), testbed.Freeze(thaw, code))
		c := testbed.Consume("consume-"+reservation, testbed.PlainHTTP, reservation)
		s.Remember(c, s.Ask(c, standby))
		s.awaitFold(last)
		close(thaw)
		testbed.AwaitClosed(s.World, frozen, "the late write while "+step.name)
		if got := <-code; got != http.StatusConflict {
			t.Errorf("%s: the late write was answered %d, want a conflict", step.name, got)
		}
		testbed.AwaitClosed(s.World, leader.Exited, "the first operator to see that it leads no more")
		s.Remember(c, s.Ask(c, standby))
		leader, front = standby, behind
		s.o = leader
	}
	s.finish()
	s.Sink.Check()
}
