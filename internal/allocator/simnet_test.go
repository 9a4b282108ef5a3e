package allocator_test

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// simTimeout is when a request without an answer ends with an error.
const simTimeout = 300 * time.Millisecond

// answer is what the API server says to a request.
type answer struct {
	object client.Object
	list   listed
	err    error
}

// send carries one request to the store. It arrives after a while, may be lost,
// may be resent on the way and arrive twice, may arrive after its caller gave it
// up, may be refused by a server that is busy or broken; its answer may be lost.
func (w *world) send(arrive func() answer, reply func(answer)) {
	f := &w.scenario.faults
	there, back := w.upTo(20*time.Millisecond), w.upTo(20*time.Millisecond)
	perform := func() {
		if w.chance(f.refused) {
			w.after(back, func() { reply(answer{err: apierrors.NewTooManyRequests("busy", 1)}) })
			return
		}
		a := arrive()
		if w.chance(f.resent) {
			a = arrive() // the second answer counts
		}
		switch {
		case w.chance(f.lostAnswer):
			return
		case w.chance(f.broken):
			a = answer{err: apierrors.NewInternalError(context.DeadlineExceeded)}
		case w.chance(f.slow):
			back = w.upTo(simTimeout)
		}
		w.after(back, func() { reply(a) })
	}
	switch {
	case w.chance(f.lost):
	case w.chance(f.late): // maybe after its caller gave it up, and long after
		w.after(simTimeout/2+w.upTo(10*simTimeout), perform)
	default:
		w.after(there, perform)
	}
	w.after(simTimeout, func() { reply(answer{err: context.DeadlineExceeded}) })
}

// call is a request of an operator's goroutine, which waits for the answer or for
// the end of its context. The request goes on without it.
func (c *apiClient) call(ctx context.Context, what, name, version string, arrive func() answer) answer {
	if err := ctx.Err(); err != nil {
		return answer{err: err}
	}
	answers := make(chan answer, 1)
	c.p.w.park(parking{c.who, what, name, version, func() {
		answered := false
		c.p.w.send(arrive, func(a answer) {
			if !answered {
				answered = true
				answers <- a
			}
		})
	}})
	select {
	case a := <-answers:
		return a
	case <-ctx.Done():
		return answer{err: ctx.Err()}
	}
}

// simClock tells the world's time. Timers come from the world, too; tickers there
// are none.
type simClock struct {
	clock.WithTicker
	w   *world
	who string
}

func (c simClock) Now() time.Time                  { return c.w.now() }
func (c simClock) Since(t time.Time) time.Duration { return c.w.now().Sub(t) }

func (c simClock) NewTimer(d time.Duration) clock.Timer {
	t := &simTimer{fired: make(chan time.Time, 1)}
	c.w.park(parking{c.who, "timer", d.String(), "", func() {
		c.w.after(d, func() { t.fired <- c.w.now() })
	}})
	return t
}

type simTimer struct {
	clock.Timer
	fired chan time.Time
}

func (t *simTimer) C() <-chan time.Time { return t.fired }

// Stop leaves the timer to fire for nobody.
func (t *simTimer) Stop() bool { return true }
