package publisher

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"

	v1 "github.com/acme/inventory-service/api/v1"
)

// attempts notes when each event was tried, in time since the beginning.
type attempts struct {
	mu    sync.Mutex
	begun time.Time
	at    map[string][]time.Duration
}

func (a *attempts) of(id string) []time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.at[id])
}

// transport answers requests without a network, so that time can be simulated.
type transport func(w http.ResponseWriter, r *http.Request)

// RoundTrip gives up when the request's context ends, as a connection would.
func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	f(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// bench is a publisher with workers, a store, and no API server. It lives in a bubble
// of package synctest and its jitter is always the longest.
type bench struct {
	*Publisher
	attempts attempts
	stop     func()
}

func newBench(workers int, sink transport) *bench {
	b := &bench{attempts: attempts{begun: time.Now(), at: map[string][]time.Duration{}}}
	client := newClient(workers)
	client.Transport = transport(func(w http.ResponseWriter, r *http.Request) {
		b.attempts.mu.Lock()
		id := r.Header.Get("Ce-Id")
		b.attempts.at[id] = append(b.attempts.at[id], time.Since(b.attempts.begun))
		b.attempts.mu.Unlock()
		sink(w, r)
	})
	b.Publisher = &Publisher{
		options:      Options{Clock: clock.RealClock{}},
		sink:         &target{url: "http://sink/", client: client, clock: clock.RealClock{}},
		random:       func(n int64) int64 { return n - 1 },
		afterFailure: backoff{base: 200 * time.Millisecond, limit: time.Minute},
		tracker:      newTracker(),
		store:        toolscache.NewStore(toolscache.MetaNamespaceKeyFunc),
		lastSync:     func() string { return "1" },
	}
	b.openQueue()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { b.work(ctx) })
	}
	b.stop = func() {
		cancel()
		b.queue.ShutDown()
		running.Wait()
	}
	return b
}

// add has the handler meet a decided Reservation.
func (b *bench) add(name string) *v1.Reservation {
	r := decide(reservation("shop", name, types.UID(name)))
	r.ResourceVersion = "7"
	must(b.store.Add(r))
	follower{b.Publisher}.OnAdd(r, false)
	return r
}

func (b *bench) pendingCount() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.tracker.pending)
}

func answerWith(status int) transport {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func TestRetriesHoldUpNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(2, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Ce-Subject") == "bad" {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		defer b.stop()
		b.add("bad")
		for i := range 50 {
			b.add(string(rune('A' + i)))
		}
		synctest.Wait()
		if n := b.pendingCount(); n != 1 || time.Since(b.attempts.begun) != 0 {
			t.Errorf("%d are pending after %s, want the bad one alone, at once", n, time.Since(b.attempts.begun))
		}
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		want := []time.Duration{0, 200 * time.Millisecond, 600 * time.Millisecond, 1400 * time.Millisecond, 3 * time.Second,
			6200 * time.Millisecond, 12600 * time.Millisecond, 25400 * time.Millisecond, 51 * time.Second,
			102200 * time.Millisecond, 162200 * time.Millisecond, 222200 * time.Millisecond}
		if got := b.attempts.of("bad.reserved"); !slices.Equal(got, want) {
			t.Errorf("the bad one was tried at %v, want %v", got, want)
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
			b := newBench(1, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			defer b.stop()
			b.add("r")
			time.Sleep(want)
			synctest.Wait()
			if got := b.attempts.of("r.reserved"); !slices.Equal(got, []time.Duration{0, want}) {
				t.Errorf("Retry-After: %s: tried at %v, want 0 and %s", header, got, want)
			}
		})
	}
}

func TestAHangingSinkIsGivenUpOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(1, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		b.add("r")
		time.Sleep(attemptTimeout + 200*time.Millisecond)
		synctest.Wait()
		if got := b.attempts.of("r.reserved"); !slices.Equal(got, []time.Duration{0, attemptTimeout + 200*time.Millisecond}) {
			t.Errorf("tried at %v", got)
		}
		before := time.Now()
		b.stop() // while the second attempt hangs
		if took := time.Since(before); took != 0 {
			t.Errorf("stopping took %s", took)
		}
	})
}

func TestDeletedBeforeDelivery(t *testing.T) {
	final := func(r *v1.Reservation) any { return r }
	lost := func(r *v1.Reservation) any {
		return toolscache.DeletedFinalStateUnknown{Key: r.Namespace + "/" + r.Name, Obj: r}
	}
	for name, told := range map[string]func(*v1.Reservation) any{"told by the watch": final, "missed by the watch": lost} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				status := http.StatusBadGateway
				b := newBench(1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
				defer b.stop()
				r := b.add("r")
				synctest.Wait()
				must(b.store.Delete(r))
				time.Sleep(200 * time.Millisecond) // a retry finds it gone, and waits for its deletion
				synctest.Wait()
				if got := len(b.attempts.of("r.reserved")); got != 1 {
					t.Fatalf("%d attempts", got)
				}
				status = http.StatusOK
				follower{b.Publisher}.OnDelete(told(r))
				synctest.Wait()
				if n, tried := b.pendingCount(), len(b.attempts.of("r.reserved")); n != 0 || tried != 2 {
					t.Errorf("%d pending after %d attempts", n, tried)
				}
			})
		})
	}
}

func TestDeletionOfADeliveredOneSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(1, answerWith(http.StatusNoContent))
		defer b.stop()
		r := b.add("r")
		synctest.Wait()
		released := r.DeepCopy()
		released.ResourceVersion, released.Status.Phase = "9", v1.PhaseReleased
		follower{b.Publisher}.OnUpdate(r, released)
		follower{b.Publisher}.OnDelete(released)
		synctest.Wait()
		if got := len(b.attempts.of("r.reserved")); got != 1 {
			t.Errorf("sent %d times", got)
		}
	})
}
