package e2e

import (
	"net/http"
	"testing"
)

// TestConsumeTakenOver stops leader after leader in the middle of a consume.
// The next one finishes the fold, and the stopped one goes on with a write that
// comes too late.
func TestConsumeTakenOver(t *testing.T) {
	s := newShipping(t)
	flags := append([]string{"--sink", s.sink.url()}, shortLease...)
	next := func() (*operator, *proxy) {
		through := s.proxied()
		o := s.launch(through.kubeconfig, flags...)
		through.victim <- o
		return o, through
	}
	leader, front := next()
	leader.awaitReady()
	s.o = leader
	for _, step := range []foldStep{creatingTally, opening, showing, counting, closing} {
		reservation := s.hold()
		s.ship(reservation)
		last := s.lastFold()
		standby, behind := next()
		standby.awaitReady()

		thaw, code := make(chan struct{}), make(chan int, 1)
		frozen := front.arm(step.at(last), freeze(thaw, code))
		c := consume("consume-"+reservation, plainHTTP, reservation)
		s.remember(c, s.ask(c, standby))
		s.awaitFold(last)
		close(thaw)
		awaitClosed(s.world, frozen, "the late write while "+step.name)
		if got := <-code; got != http.StatusConflict {
			t.Errorf("%s: the late write was answered %d, want a conflict", step.name, got)
		}
		awaitClosed(s.world, leader.exited, "the first operator to see that it leads no more")
		s.remember(c, s.ask(c, standby))
		leader, front = standby, behind
		s.o = leader
	}
	s.finish()
	s.sink.check()
}
