package publisher

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/internal/stock"
)

func TestEventsLeaveInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, answerWith(http.StatusNoContent))
		p := newWorld(t).lead()
		var carts []*stock.Reservation
		for range 100 { // before it attends
			carts = append(carts, p.reserve())
		}
		defer b.attend("shop", p)()
		for range 100 {
			carts = append(carts, p.reserve())
		}
		synctest.Wait()
		equalIDs(t, "sent", b.ids(), idsOf(carts))
	})
}

// With several at the same time, none begins before all but as many as there are workers
// that are older have ended.
func TestEventsLeaveInOrderOfTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers = 4
		b := newBench(t, workers, func(_ http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Duration(1+len(r.Header.Get("Ce-Subject"))%3) * time.Millisecond)
		})
		p := newWorld(t).lead()
		var ids []string
		for range 200 {
			ids = append(ids, eventID(p.reserve()))
		}
		defer b.attend("shop", p)()
		time.Sleep(time.Minute)
		synctest.Wait()
		sent := b.ids()
		if len(sent) != len(ids) {
			t.Fatalf("%d are sent, want %d", len(sent), len(ids))
		}
		for place, id := range sent {
			if own := slices.Index(ids, id); own-place >= workers || place-own >= workers {
				t.Errorf("outcome %d is sent as number %d", own, place)
			}
		}
	})
}

// A sink that was away for long gets everything soon after it is back, in order, and is not
// asked all the time meanwhile.
func TestOrderAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSwitched(answerWith(http.StatusServiceUnavailable))
		b := newBench(t, 1, sink.serve)
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		var carts []*stock.Reservation
		for range 600 { // ten minutes
			carts = append(carts, p.reserve())
			time.Sleep(time.Second)
		}
		if n := len(b.ids()); n < 60 || n > 240 {
			t.Errorf("%d attempts in ten minutes", n)
		}
		if mark := p.marksOf().Published; mark != 0 {
			t.Errorf("the mark is %d", mark)
		}
		sink.set(answerWith(http.StatusNoContent))
		time.Sleep(b.inTrouble.limit)
		synctest.Wait()
		got := b.accepted()
		if len(got) != len(carts) {
			t.Fatalf("%d of %d are delivered %s after the sink is back", len(got), len(carts), b.inTrouble.limit)
		}
		// Any of those that were tried meanwhile may have found out that the sink is back, and one
		// that failed a moment before comes a second later.
		tried := map[string]int{}
		for _, id := range b.ids() {
			tried[id]++
		}
		again := func(id string) bool { return tried[id] > 1 }
		found := got[0]
		rest := slices.DeleteFunc(idsOf(carts), func(id string) bool { return again(id) || id == found })
		got = slices.DeleteFunc(got, func(id string) bool { return again(id) || id == found })
		equalIDs(t, "delivered", got, rest)
		if len(rest) < 400 {
			t.Errorf("only %d were not tried before", len(rest))
		}
	})
}

// New outcomes are sent soon though several old ones fail for ever.
func TestSeveralBadEventsHoldUpLittle(t *testing.T) {
	for name, bad := range map[string]transport{"answered 500": answerWith(http.StatusInternalServerError), "hanging": hang} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 4, func(w http.ResponseWriter, r *http.Request) {
					if len(r.Header.Get("Ce-Subject")) == len("cart-1") { // the first nine
						bad(w, r)
					}
				})
				p := newWorld(t).lead()
				defer b.attend("shop", p)()
				for range 9 {
					p.reserve()
				}
				time.Sleep(10 * time.Minute)
				for range 10 {
					r, begun := p.reserve(), time.Now()
					for !slices.Contains(b.accepted(), eventID(r)) && time.Since(begun) < time.Hour {
						time.Sleep(100 * time.Millisecond)
						synctest.Wait()
					}
					if took := time.Since(begun); took > 2*(attemptTimeout+b.inTrouble.limit) {
						t.Errorf("a good one took %s", took)
					}
					time.Sleep(3 * time.Minute)
				}
			})
		})
	}
}

// A namespace whose events hang leaves the others their turns.
func TestTroubleOfOneNamespaceIsNotTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 4, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Ce-Source") != "/apis/inventory.acme.com/v1/namespaces/good/reservations" {
				hang(w, r)
			}
		})
		good := newWorld(t).lead()
		for _, name := range []string{"bad-1", "bad-2", "bad-3", "bad-4", "bad-5"} {
			p := newWorld(t).lead()
			defer b.attend(name, p)()
			for range 100 {
				p.reserve()
			}
		}
		defer b.attend("good", good)()
		time.Sleep(2 * time.Minute)
		for range 100 {
			before := len(b.accepted())
			good.reserve()
			synctest.Wait()
			if len(b.accepted()) != before+1 {
				t.Fatalf("an event is not delivered at once: %d are", before)
			}
			time.Sleep(time.Second)
		}
	})
}
