package publisher

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"

	"github.com/acme/inventory-service/internal/stock"
)

// refusesFirst is a sink that refuses the first cart of a world.
func refusesFirst(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Ce-Subject") == "cart-1" {
		w.WriteHeader(http.StatusBadRequest)
	}
}

// For as long as the process leads, what was refused is tried at least every ten minutes,
// and the mark has passed it.
func TestRefusedIsTriedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, refusesFirst)
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		r := p.reserve()
		p.reserve()
		b.objects.show(r)
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if p.marksOf().Published != 2 || b.objects.says(r) != "False" || b.objects.written() != 1 {
			t.Errorf("the mark is %d, its object says %q after %d writes", p.marksOf().Published, b.objects.says(r), b.objects.written())
		}
		last := time.Duration(0)
		for _, at := range append(b.triedAt(r), time.Since(b.begun)) {
			if at-last > 10*time.Minute {
				t.Errorf("not tried between %s and %s", last, at)
			}
			last = at
		}
	})
}

// The mark waits until the object says what became of the outcome.
func TestMarkWaitsForTheCondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, refusesFirst)
		p := newWorld(t).lead()
		r := p.reserve()
		b.objects.show(r)
		b.objects.fail = func() error {
			if time.Since(b.begun) < 5*time.Minute {
				return errors.New("the API server is away")
			}
			return nil
		}
		defer b.attend("shop", p)()
		time.Sleep(5*time.Minute - time.Second)
		synctest.Wait()
		if m := p.marksOf(); m.Published != 0 || len(b.triedAt(r)) != 1 {
			t.Errorf("the mark is %d after %d attempts", m.Published, len(b.triedAt(r)))
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if m := p.marksOf(); m.Published != 1 || b.objects.says(r) != "False" {
			t.Errorf("the mark is %d, the object says %q", m.Published, b.objects.says(r))
		}
	})
}

// Without an object the log names it. An object that comes later says so, too; and one that
// shows another outcome is not its object.
func TestRefusedWithoutAnObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSwitched(refusesFirst)
		b := newBench(t, 2, sink.serve)
		var mu sync.Mutex
		var told []string
		b.log = funcr.New(func(_, line string) {
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(line, "cart-1") {
				told = append(told, line)
			}
		}, funcr.Options{})
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		r := p.reserve()
		other := *r
		other.Outcome = "another"
		b.objects.show(&other)
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if p.marksOf().Published != 1 || b.objects.written() != 0 {
			t.Errorf("the mark is %d after %d writes", p.marksOf().Published, b.objects.written())
		}
		if len(told) != 1 || !strings.Contains(told[0], "it answered 400") {
			t.Errorf("the log says %q", told)
		}
		b.objects.show(r)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if says := b.objects.says(r); says != "False" {
			t.Errorf("the object that came later says %q", says)
		}
		sink.set(answerWith(http.StatusNoContent))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if says := b.objects.says(r); says != "True" || len(b.accepted()) != 1 {
			t.Errorf("the object says %q, accepted %q", says, b.accepted())
		}
	})
}

// A sink that refuses everything gets no more than so many out of the way: then the mark
// waits, and nothing is lost.
func TestRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSwitched(answerWith(http.StatusForbidden))
		b := newBench(t, 1, sink.serve)
		b.mostRefused, b.most = 5, 4
		w := newWorld(t)
		p := w.lead()
		for range 30 {
			p.reserve()
		}
		stop := b.attend("shop", p)
		time.Sleep(time.Hour)
		synctest.Wait()
		if mark := p.marksOf().Published; mark != 5 {
			t.Errorf("the mark is %d", mark)
		}
		sink.set(answerWith(http.StatusNoContent))
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(b.accepted()); n != 30 || p.marksOf().Published != 30 {
			t.Errorf("%d are delivered, the mark is %d", n, p.marksOf().Published)
		}
		stop()
	})
}

// The next leader tries what objects say was refused, below its mark and above, and says so
// when it worked.
func TestTakeOverFindsTheRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, func(w http.ResponseWriter, r *http.Request) {
			switch r.Header.Get("Ce-Subject") {
			case "cart-1", "cart-3":
				w.WriteHeader(http.StatusBadRequest)
			case "cart-2":
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		w := newWorld(t)
		p := w.lead()
		carts := []*stock.Reservation{p.reserve(), p.reserve(), p.reserve(), p.reserve()}
		for _, r := range carts {
			b.objects.show(r)
		}
		stop := b.attend("shop", p)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		p.stop()
		stop()
		if says := b.objects.says(carts[0]) + b.objects.says(carts[2]); says != "FalseFalse" {
			t.Fatalf("the objects say %s", says)
		}

		next := w.start()
		next.elect()
		after := newBench(t, 1, answerWith(http.StatusNoContent))
		after.with(t, Options{Client: b.objects, Sink: "http://sink/", Workers: 1, HTTPClient: after.options.HTTPClient})
		defer after.attend("shop", next)()
		time.Sleep(time.Hour)
		synctest.Wait()
		equalIDs(t, "the next leader sends", after.accepted(), idsOf(carts))
		says := ""
		for _, r := range carts {
			says += b.objects.says(r) + "."
		}
		if says != "True..True.." || next.marksOf().Published != 4 {
			t.Errorf("the objects say %q, the mark is %d", says, next.marksOf().Published)
		}
	})
}

// Objects that cannot be read when the term begins are read later.
func TestTheRefusedAreLookedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, refusesFirst)
		w := newWorld(t)
		p := w.lead()
		r := p.reserve()
		b.objects.show(r)
		stop := b.attend("shop", p)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		stop()
		p.depose()
		p.elect()
		after, begun := newBench(t, 1, answerWith(http.StatusNoContent)), time.Now()
		after.objects = b.objects
		after.objects.fail = func() error {
			if time.Since(begun) < 3*time.Minute {
				return errors.New("the API server is away")
			}
			return nil
		}
		after.with(t, Options{Client: after.objects, Sink: "http://sink/", Workers: 1, HTTPClient: after.options.HTTPClient})
		defer after.attend("shop", p)()
		other := p.reserve()
		time.Sleep(time.Minute)
		synctest.Wait()
		equalIDs(t, "sent while the API server is away", after.accepted(), idsOf([]*stock.Reservation{other}))
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		equalIDs(t, "sent", after.accepted(), idsOf([]*stock.Reservation{other, r}))
		if says := b.objects.says(r); says != "True" {
			t.Errorf("the object says %q", says)
		}
	})
}
