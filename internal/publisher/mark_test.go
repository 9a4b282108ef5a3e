package publisher

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// While carts come, the mark moves about once a second, and once more after the last one.
func TestMarkIsPaced(t *testing.T) {
	for name, sink := range map[string]string{"with a sink": "http://sink/", "without": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 4, answerWith(http.StatusNoContent))
				b.with(t, Options{Client: b.objects, Sink: sink, HTTPClient: b.options.HTTPClient})
				p := newWorld(t).lead()
				defer b.attend("shop", p)()
				for range 200 { // ten seconds
					p.reserve()
					time.Sleep(50 * time.Millisecond)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if n := len(p.marks); n < 8 || n > 11 || p.marks[n-1] != 200 {
					t.Errorf("the mark was told as %v", p.marks)
				}
				if m := p.marksOf(); m.Published != 200 {
					t.Errorf("the mark is %d", m.Published)
				}
			})
		})
	}
}

func TestNothingIsToldWithoutNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 4, answerWith(http.StatusNoContent))
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		for range 100 {
			p.ask(stock.Register{Name: "archive", Position: time.Now().String()})
			time.Sleep(time.Second)
		}
		if len(p.marks) != 0 {
			t.Errorf("the mark was told as %v", p.marks)
		}
	})
}

// A mark that did not land is told again, and not all the time.
func TestMarkIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 4, answerWith(http.StatusNoContent))
		p := newWorld(t).lead()
		p.deaf = true
		defer b.attend("shop", p)()
		p.reserve()
		time.Sleep(markEvery + markAgain/2)
		synctest.Wait()
		p.w.mu.Lock()
		p.deaf = false
		p.w.mu.Unlock()
		time.Sleep(10 * markAgain)
		synctest.Wait()
		if !slices.Equal(p.marks, []uint64{1, 1}) || p.marksOf().Published != 1 {
			t.Errorf("the mark was told as %v and is %d", p.marks, p.marksOf().Published)
		}
	})
}

func TestMarkIsToldAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 4, answerWith(http.StatusNoContent))
		p := newWorld(t).lead()
		stop := b.attend("shop", p)
		p.reserve()
		synctest.Wait()
		stop()
		if time.Since(b.begun) != 0 || p.marksOf().Published != 1 {
			t.Errorf("the mark is %d after %s", p.marksOf().Published, time.Since(b.begun))
		}
	})
}

// A new leader sends what is above the mark, as it was sent before.
func TestTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, seen := newWorld(t), newPayloads()
		sink := newSwitched(answerWith(http.StatusNoContent))
		b := newBench(t, 1, seen.before(sink.serve))
		p := w.lead()
		stop := b.attend("shop", p)
		delivered := p.reserve()
		time.Sleep(markEvery)
		synctest.Wait()
		sink.set(answerWith(http.StatusServiceUnavailable))
		lost := []*stock.Reservation{p.reserve(), p.reserve()}
		time.Sleep(2 * markEvery)
		synctest.Wait()
		p.ask(stock.Release{Reservation: lost[0].ID})
		p.stop()
		stop()

		next := w.start()
		after := newBench(t, 1, seen.before(sink.serve))
		sink.set(answerWith(http.StatusNoContent))
		defer after.attend("shop", next)()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(after.ids()) != 0 {
			t.Errorf("a process that does not lead sends %q", after.ids())
		}
		next.elect()
		time.Sleep(markEvery)
		synctest.Wait()
		equalIDs(t, "the next leader sends", after.ids(), idsOf(lost))
		if len(seen.byID[eventID(delivered)]) != 1 || len(seen.byID[eventID(lost[0])]) < 2 {
			t.Error("sent again is not what was not delivered")
		}
		if next.marksOf().Published != 3 {
			t.Errorf("the mark is %d", next.marksOf().Published)
		}
		seen.check(t)
	})
}

// A process that leads again sends nothing that it has delivered, whether its mark landed
// or not; and what another has delivered meanwhile neither.
func TestNothingIsSentTwiceByOneProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Ce-Subject") == "cart-2" {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		w := newWorld(t)
		p := w.lead()
		p.deaf = true
		defer b.attend("shop", p)()
		carts := []*stock.Reservation{p.reserve(), p.reserve(), p.reserve()}
		for range 5 {
			time.Sleep(time.Second)
			p.depose()
			synctest.Wait()
			p.elect()
		}
		synctest.Wait()
		carts = append(carts, p.reserve())
		synctest.Wait()
		equalIDs(t, "accepted", slices.Sorted(slices.Values(b.accepted())), idsOf([]*stock.Reservation{carts[0], carts[2], carts[3]}))

		p.depose()
		other := w.start()
		other.elect()
		other.ask(stock.Publish{Number: 4})
		tried := len(b.triedAt(carts[1]))
		p.elect()
		other.depose()
		other.stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if again := len(b.triedAt(carts[1])); again != tried {
			t.Errorf("what another has delivered is tried %d times more", again-tried)
		}
	})
}

// In another journal the same numbers are other outcomes.
func TestAnotherJournalBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, answerWith(http.StatusNoContent))
		w := newWorld(t)
		p := w.lead()
		defer b.attend("shop", p)()
		p.reserve()
		p.reserve()
		synctest.Wait()
		w.mu.Lock()
		for name := range w.server.Pages {
			w.server.Delete(name)
		}
		w.server.DeleteLedger()
		w.server.Namespace.UID = "ns-2"
		p.step()
		w.mu.Unlock()
		time.Sleep(time.Minute)
		r := p.reserve()
		synctest.Wait()
		if sent := b.ids(); len(sent) != 3 || sent[2] != eventID(r) || r.Number != 1 {
			t.Errorf("sent %q, the new one is %s, outcome %d", sent, eventID(r), r.Number)
		}
	})
}

// However many there are, few are in memory, and none is left out.
func TestLookAheadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSwitched(hang)
		b := newBench(t, 2, sink.serve)
		b.most = 20
		p := newWorld(t).lead()
		for range 300 {
			p.reserve()
		}
		c := newCourse(b.Publisher, "shop", p)
		c.begin()
		for range 3 {
			c.take()
		}
		if n := len(c.line.fresh); n != b.lookAhead || len(c.line.known) != n || !c.line.more || c.line.backlog() != 300 {
			t.Errorf("%d are taken, want %d; the backlog is %d", n, b.lookAhead, c.line.backlog())
		}
		sink.set(answerWith(http.StatusServiceUnavailable))
		defer b.attend("shop", p)()
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		different := map[string]bool{}
		for _, id := range b.ids() {
			different[id] = true
		}
		if len(different) > b.most {
			t.Errorf("%d different ones are tried in an outage, want no more than %d", len(different), b.most)
		}
		sink.set(answerWith(http.StatusNoContent))
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(b.accepted()); n != 300 || p.marksOf().Published != 300 {
			t.Errorf("%d are delivered, the mark is %d", n, p.marksOf().Published)
		}
	})
}

// A State that is being read anew lacks outcomes: nothing is taken from it.
func TestOnlyAWholeStateIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, answerWith(http.StatusNoContent))
		p := newWorld(t).lead()
		for range 3 {
			p.reserve()
		}
		c := newCourse(b.Publisher, "shop", p)
		c.begin()
		identity := c.line.journal
		p.depose()
		c.take()
		p.elect()
		c.line.journal = journal.Identity{Journal: "another"}
		c.take()
		if c.line.taken != 0 {
			t.Errorf("%d are taken", c.line.taken)
		}
		c.line.journal = identity
		c.take()
		if c.line.taken != 3 {
			t.Errorf("%d are taken of 3", c.line.taken)
		}
	})
}

// What ends leaves nothing behind: no goroutine, or the bubble would not end, and no series,
// neither of a process that leads no more nor of a namespace that is gone.
func TestNothingIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 4, hang)
		p := newWorld(t).lead()
		stop := b.attend("left", p)
		for range 10 {
			p.reserve()
		}
		synctest.Wait()
		has := func() bool { return slices.Contains(seriesOf(t, backlog), "left") }
		if !has() {
			t.Error("a leader shows no backlog")
		}
		p.depose()
		synctest.Wait()
		if has() {
			t.Error("a standby shows a backlog")
		}
		p.elect()
		synctest.Wait()
		stop()
		if has() || b.window.busy != 0 || len(b.window.waiting) != 0 {
			t.Errorf("a series is left (%t), or %d turns, or %d in the queue", has(), b.window.busy, len(b.window.waiting))
		}
	})
}
