package publisher

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// A sink that is not there yet gets everything a few seconds after it is, however long it was
// away, and without a refusal.
func TestASinkThatIsMadeLaterIsFoundSoon(t *testing.T) {
	unreachable := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for name, absent := range map[string]func(w http.ResponseWriter) error{
		"answering 404":         func(w http.ResponseWriter) error { w.WriteHeader(http.StatusNotFound); return nil },
		"refusing a connection": func(http.ResponseWriter) error { return unreachable },
		"404 with a Retry-After": func(w http.ResponseWriter) error {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusNotFound)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				b := newBench(t, 2, answerWith(http.StatusNoContent))
				there := b.options.HTTPClient.Transport
				b.options.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					if time.Since(begun) >= 10*time.Minute {
						return there.RoundTrip(r)
					}
					return respond(absent)
				})
				p := newWorld(t).lead()
				defer b.attend("shop", p)()
				r := p.reserve()
				time.Sleep(10*time.Minute + 5*time.Second)
				synctest.Wait()
				equalIDs(t, "delivered", b.accepted(), idsOf([]*stock.Reservation{r}))
			})
		})
	}
}

// Events that fail for good while the sink takes others are tried at growing pauses, and the
// others leave at once.
func TestBadEventsAreNotSentAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 4, func(w http.ResponseWriter, r *http.Request) {
			if len(r.Header.Get("Ce-Subject")) == len("cart-1") { // the first nine
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		var bad []*stock.Reservation
		for range 9 {
			bad = append(bad, p.reserve())
		}
		for range 1500 { // 150 s
			p.reserve()
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		for _, r := range bad {
			tried := b.triedAt(r)
			if len(tried) > 16 {
				t.Errorf("tried %d times in 150 s, at %v", len(tried), tried)
			}
			if last := tried[len(tried)-1]; last < 80*time.Second {
				t.Errorf("tried last at %s", last)
			}
		}
		if n := len(b.accepted()); n != 1500 {
			t.Errorf("%d of 1500 good ones are delivered", n)
		}
	})
}

// Events that hang again and again leave others at least half of the turns.
func TestHangingRetriesLeaveTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 4, func(w http.ResponseWriter, r *http.Request) {
			if len(r.Header.Get("Ce-Subject")) == len("cart-1") { // the first nine
				hang(w, r)
			}
		})
		p := newWorld(t).lead()
		defer b.attend("shop", p)()
		for range 9 {
			p.reserve()
		}
		time.Sleep(time.Minute)
		slow := 0
		for range 600 { // ten minutes
			r := p.reserve()
			time.Sleep(time.Second)
			synctest.Wait()
			if !slices.Contains(b.accepted(), eventID(r)) {
				slow++
			}
		}
		if slow > 30 {
			t.Errorf("%d of 600 good ones took more than a second", slow)
		}
	})
}

// roundTripper is a function as a transport.
type roundTripper func(r *http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// respond answers with what a function writes, or fails with its error.
func respond(answer func(w http.ResponseWriter) error) (*http.Response, error) {
	w := httptest.NewRecorder()
	if err := answer(w); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// What fails for long is told, until the sink takes it; nothing is told of moments.
func TestFailingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSwitched(answerWith(http.StatusBadGateway))
		b := newBench(t, 2, sink.serve)
		told := 0
		b.options.Changed = func(string) { told++ }
		p := newWorld(t).lead()
		stop := b.attend("shop", p)
		time.Sleep(time.Second)
		synctest.Wait()
		p.reserve()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if c, _ := b.Delivering("shop"); c.Status != metav1.ConditionTrue {
			t.Errorf("told after 20 s: %+v", c)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		c, _ := b.Delivering("shop")
		if c.Status != metav1.ConditionFalse || c.Reason != v1.ReasonSinkFails || !strings.Contains(c.Message, "cart-1") || !strings.Contains(c.Message, "502") {
			t.Errorf("told after 40 s: %+v", c)
		}
		sink.set(answerWith(http.StatusNotFound))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if c, _ := b.Delivering("shop"); c.Reason != v1.ReasonSinkNotFound {
			t.Errorf("told of a sink that is gone: %+v", c)
		}
		sink.set(answerWith(http.StatusNoContent))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if c, _ := b.Delivering("shop"); c.Status != metav1.ConditionTrue {
			t.Errorf("told of a sink that works: %+v", c)
		}
		if told != 4 {
			t.Errorf("told %d times, want 4", told)
		}
		stop()
		if c, ok := b.Delivering("shop"); ok {
			t.Errorf("told where this process does not lead: %+v", c)
		}
	})
}
