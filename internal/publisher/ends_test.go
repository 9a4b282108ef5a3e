package publisher

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// endID is the id of the event that tells the end of a reservation.
func endID(r *stock.Reservation, how string) string { return string(r.Outcome) + "." + how }

// tellEnds has a bench tell ends.
func (b *bench) tellEnds(released, consumed bool) *bench {
	b.options.Released, b.options.Consumed = released, consumed
	return b
}

func (p *process) release(r *stock.Reservation) { p.ask(stock.Release{Reservation: r.ID}) }
func (p *process) consume(r *stock.Reservation) { p.ask(stock.Consume{Reservation: r.ID}) }

// ended reads what State has to tell of ends.
func (p *process) ended() (told bool, left int) {
	p.Read(func(s *stock.State, _ *journal.Log) {
		_, told = s.EndsPassed()
		for range s.Ends(0) {
			left++
		}
	})
	return told, left
}

// The flags say which ends are told, from when they are given on; each is told once, after the
// outcome, and then the journal need not remember it.
func TestEndsAreTold(t *testing.T) {
	for name, flags := range map[string][2]bool{"none": {}, "released": {true, false}, "consumed": {false, true}, "both": {true, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 1, answerWith(http.StatusNoContent)).tellEnds(flags[0], flags[1])
				p := newWorld(t).lead()
				old, released, consumed, parts := p.reserve(), p.reserve(), p.reserve(), p.reserve()
				p.release(old)
				defer b.attend("shop", p)()
				settled()
				p.release(released)
				p.consume(consumed)
				p.ask(stock.Consume{Reservation: parts.ID, Parts: []stock.Part{{Product: "mug", Quantity: 0}}})
				settled()
				want := idsOf([]*stock.Reservation{old, released, consumed, parts})
				if flags[0] {
					want = append(want, endID(released, "released"))
				}
				if flags[1] {
					want = append(want, endID(consumed, "consumed"))
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				equalIDs(t, "sent", b.ids(), want)
				told, left := p.ended()
				if told != (flags[0] || flags[1]) || left != 0 {
					t.Errorf("told %t, %d are left", told, left)
				}
			})
		})
	}
}

// The end of a reservation waits for its outcome, and no other's.
func TestEndsFollowTheirOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSwitched(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Ce-Subject") == "cart-1" {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		b := newBench(t, 4, sink.serve).tellEnds(true, true)
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		settled()
		bad, good := p.reserve(), p.reserve()
		p.release(bad)
		p.consume(good)
		time.Sleep(time.Minute)
		synctest.Wait()
		equalIDs(t, "accepted", b.accepted(), []string{eventID(good), endID(good, "consumed")})
		if slices.Contains(b.ids(), endID(bad, "released")) {
			t.Error("the end is sent before the outcome is taken")
		}
		sink.set(answerWith(http.StatusNoContent))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		equalIDs(t, "accepted", b.accepted()[2:], []string{eventID(bad), endID(bad, "released")})
		if _, left := p.ended(); left != 0 {
			t.Errorf("%d are left", left)
		}
	})
}

// Who leads next tells what was not, and what was told and not passed yet under the same id.
func TestTakeOverTellsTheEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, sink := newPayloads(), newSwitched(answerWith(http.StatusNoContent))
		b := newBench(t, 1, seen.before(sink.serve)).tellEnds(true, true)
		w := newWorld(t)
		p := w.lead()
		stop := b.attend("shop", p)
		settled()
		told, untold := p.reserve(), p.reserve()
		p.release(told)
		settled()
		sink.set(answerWith(http.StatusBadGateway))
		p.consume(untold)
		settled()
		p.stop()
		stop()

		next := w.start()
		next.elect()
		after := newBench(t, 1, seen.before(answerWith(http.StatusNoContent))).tellEnds(true, true)
		defer after.attend("shop", next)()
		time.Sleep(time.Minute)
		synctest.Wait()
		equalIDs(t, "the next leader sends", after.accepted(), []string{endID(untold, "consumed")})
		if _, left := next.ended(); left != 0 {
			t.Errorf("%d are left", left)
		}
		seen.check(t)
	})
}

// Without the flags ends are kept for nobody, and what ended meanwhile is not told later.
func TestEndsThatNobodyWantsAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.lead()
		run := func(tell bool, during func()) []string {
			b := newBench(t, 1, answerWith(http.StatusNoContent)).tellEnds(tell, tell)
			stop := b.attend("shop", p)
			settled()
			during()
			settled()
			stop()
			p.depose()
			p.elect()
			return b.ids()
		}
		carts := []*stock.Reservation{p.reserve(), p.reserve(), p.reserve()}
		run(true, func() { p.release(carts[0]) })
		run(false, func() { p.release(carts[1]) })
		if told, left := p.ended(); told || left != 0 {
			t.Errorf("told %t, %d are left", told, left)
		}
		equalIDs(t, "sent", run(true, func() { p.release(carts[2]) }), []string{endID(carts[2], "released")})
	})
}

// An end that the sink refuses holds up no other for ever.
func TestRefusedEndsArePassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.Header.Get("Ce-Id"), ".released") {
				w.WriteHeader(http.StatusBadRequest)
			}
		}).tellEnds(true, true)
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		settled()
		r := p.reserve()
		p.release(r)
		time.Sleep(time.Hour)
		synctest.Wait()
		if _, left := p.ended(); left != 0 || len(b.ids()) < 6 {
			t.Errorf("%d are left after %d attempts", left, len(b.ids()))
		}
	})
}

// Whatever fails and whoever leads, each end is told in the end, after its outcome, under one
// payload, and none is passed that was not.
func TestEndsUnderFaults(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 40
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { playEnds(t, rand.New(rand.NewPCG(seed, 2))) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func playEnds(t *testing.T, random *rand.Rand) {
	d := &dice{random: random}
	w, seen := newWorld(t), newPayloads()
	answer := seen.before(func(rw http.ResponseWriter, _ *http.Request) {
		if d.roll(3) > 0 {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	p := w.lead()
	var benches []*bench
	attend := func() (stop func()) {
		b := newBench(t, 1+d.roll(3), answer).tellEnds(true, true)
		b.lookAhead, b.most = 3, 6
		benches = append(benches, b)
		return b.attend("shop", p)
	}
	stop := attend()
	defer func() { stop() }() // also of what fails: a bubble must not leave anybody waiting
	settled()
	open, want := []*stock.Reservation{}, map[string]string{}
	for range 40 {
		switch n := d.roll(10); {
		case n < 4:
			open = append(open, p.reserve())
		case n < 7 && len(open) > 0:
			i := d.roll(len(open))
			r := open[i]
			open = slices.Delete(open, i, i+1)
			if n == 4 {
				p.consume(r)
				want[endID(r, "consumed")] = eventID(r)
			} else {
				p.release(r)
				want[endID(r, "released")] = eventID(r)
			}
		case n == 7: // another process leads
			if d.roll(2) == 0 {
				p.depose()
			}
			p.stop()
			stop()
			p = w.start()
			p.elect()
			stop = attend()
		default:
			time.Sleep(time.Duration(d.roll(4000)) * time.Millisecond)
		}
		synctest.Wait()
		passedIsTold(t, p, benches)
	}
	d.calmDown()
	time.Sleep(time.Hour)
	synctest.Wait()
	stop()
	if told, left := p.ended(); !told || left != 0 {
		t.Errorf("told %t, %d are left", told, left)
	}
	first := map[string]int{}
	for _, b := range benches {
		for _, id := range b.accepted() {
			if _, ok := first[id]; !ok {
				first[id] = len(first)
			}
		}
	}
	for end, outcome := range want {
		at, told := first[end]
		before, ok := first[outcome]
		if !told || !ok || at < before {
			t.Errorf("%s is told %t, %s %t, in places %d and %d", end, told, outcome, ok, at, before)
		}
	}
	seen.check(t)
}

// passedIsTold judges the position of the journal: every end up to it was accepted.
func passedIsTold(t *testing.T, p *process, benches []*bench) {
	t.Helper()
	accepted := map[string]bool{}
	for _, b := range benches {
		for _, id := range b.accepted() {
			accepted[id] = true
		}
	}
	var wrong []string
	p.Read(func(s *stock.State, _ *journal.Log) {
		passed, told := s.EndsPassed()
		for r := range s.Reservations() {
			how := map[stock.Phase]string{stock.PhaseReleased: "released", stock.PhaseConsumed: "consumed"}[r.Phase]
			if told && how != "" && r.Ended <= passed && !accepted[endID(r, how)] {
				wrong = append(wrong, fmt.Sprintf("%s at %d", endID(r, how), r.Ended))
			}
		}
	})
	if len(wrong) > 0 {
		t.Fatalf("passed and not told: %q", wrong)
	}
}

// While the newest write is of the time of the last end, more of that time may come: other
// leaders' clocks may be behind, and time does not go back.
func TestThePositionStaysBehindTheNewestWrite(t *testing.T) {
	e := newEnds(newLine(journal.Identity{}, 0))
	for _, test := range []struct{ last, at, want stock.Time }{{5, 5, 4}, {5, 6, 5}, {5, 100, 5}, {4, 3, 2}} {
		e.last, e.at = test.last, test.at
		if got := e.position(); got != test.want {
			t.Errorf("the last end at %d, the newest write at %d: passed %d, want %d", test.last, test.at, got, test.want)
		}
	}
}
