package publisher

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

func TestRetriesHoldUpNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Ce-Subject") == "cart-1" {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		bad := p.reserve()
		for range 50 {
			p.reserve()
		}
		synctest.Wait()
		if n := len(b.accepted()); n != 50 || time.Since(b.begun) != 0 {
			t.Errorf("%d are delivered after %s, want all but the bad one, at once", n, time.Since(b.begun))
		}
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		want := []time.Duration{0, 200 * time.Millisecond, 600 * time.Millisecond, 1400 * time.Millisecond, 3 * time.Second,
			6200 * time.Millisecond, 12600 * time.Millisecond, 25400 * time.Millisecond, 51 * time.Second,
			102200 * time.Millisecond, 162200 * time.Millisecond, 222200 * time.Millisecond}
		if got := b.triedAt(bad); !slices.Equal(got, want) {
			t.Errorf("the bad one was tried at %v, want %v", got, want)
		}
		if mark := p.marksOf().Published; mark != 0 {
			t.Errorf("the mark has passed the bad one: it is %d", mark)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"30":                            30 * time.Second,
		"Sat, 01 Jan 2000 00:00:45 GMT": 45 * time.Second, // a bubble begins with the year
		"0":                             200 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, 1, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			p := newWorld(t).lead()
			defer b.attend("shop", p)()
			r := p.reserve()
			time.Sleep(want)
			synctest.Wait()
			if got := b.triedAt(r); !slices.Equal(got, []time.Duration{0, want}) {
				t.Errorf("Retry-After: %s: tried at %v, want 0 and %s", header, got, want)
			}
		})
	}
}

// What the sink asked to put off stays put off when it takes other events again.
func TestRetryAfterOutlastsTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		b := newBench(t, 4, func(w http.ResponseWriter, r *http.Request) {
			switch subject := r.Header.Get("Ce-Subject"); {
			case subject == "cart-1":
				w.Header().Set("Retry-After", "300")
				w.WriteHeader(http.StatusServiceUnavailable)
			case subject < "cart-5" && time.Since(begun) < 40*time.Second:
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		late := p.reserve()
		for range 3 {
			p.reserve()
		}
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		if got := b.triedAt(late); len(got) != 1 || len(b.accepted()) != 3 {
			t.Errorf("tried at %v, and %q are delivered", got, b.accepted())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := b.triedAt(late); !slices.Equal(got, []time.Duration{0, 300 * time.Second}) {
			t.Errorf("tried at %v", got)
		}
	})
}

func TestAHangingSinkIsGivenUpOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, hang)
		p := newWorld(t).lead()
		stop := b.attend("shop", p)
		r := p.reserve()
		time.Sleep(attemptTimeout + 200*time.Millisecond)
		synctest.Wait()
		if got := b.triedAt(r); !slices.Equal(got, []time.Duration{0, attemptTimeout + 200*time.Millisecond}) {
			t.Errorf("tried at %v", got)
		}
		before := time.Now()
		stop() // while the second attempt hangs
		if took := time.Since(before); took != 0 {
			t.Errorf("stopping took %s", took)
		}
	})
}

// An outcome is told whatever became of its cart or its object meanwhile, and as it would
// have been told at once.
func TestOutcomesOutliveTheirCarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSwitched(answerWith(http.StatusBadGateway))
		seen := newPayloads()
		b := newBench(t, 1, seen.before(sink.serve))
		p := newWorld(t).lead()
		stop := b.attend("shop", p)
		object := stock.Object{UID: "uid-1", Name: "mine", Version: 7}
		r := p.reserve(fixture.FromObject("uid-1", "mine", 7))
		synctest.Wait()
		p.ask(stock.Attach{Reservation: r.ID, Order: "order-1"})
		p.ask(stock.Release{Reservation: r.ID, Reason: "ORDER_CANCELLED"})
		object.Version, object.Gone = 9, true
		p.ask(stock.Show{Reservation: r.ID, Object: object})
		time.Sleep(time.Second)
		stop()
		next := newBench(t, 1, seen.before(sink.serve))
		p.depose()
		p.elect()
		defer next.attend("shop", p)()
		sink.set(answerWith(http.StatusNoContent))
		time.Sleep(time.Minute)
		synctest.Wait()
		equalIDs(t, "delivered", next.accepted(), []string{eventID(r)})
		seen.check(t)
	})
}

// What becomes of a delivered one is no outcome.
func TestOnlyOutcomesAreSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, answerWith(http.StatusNoContent))
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		r, other := p.reserve(), p.reserve()
		synctest.Wait()
		p.ask(stock.Release{Reservation: r.ID})
		p.ask(stock.Consume{Reservation: other.ID})
		p.ask(stock.Show{Reservation: r.ID, Object: stock.Object{UID: "uid", Version: 7, Gone: true}})
		time.Sleep(time.Hour)
		synctest.Wait()
		equalIDs(t, "sent", b.ids(), idsOf([]*stock.Reservation{r, other}))
	})
}

// A refusal is an outcome.
func TestUnavailableIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, answerWith(http.StatusNoContent))
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		r := p.reserve(fixture.Line("pot", 1))
		synctest.Wait()
		equalIDs(t, "sent", b.accepted(), []string{string(r.Outcome) + ".unavailable"})
	})
}
