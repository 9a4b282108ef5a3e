package publisher

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/stock"
)

// attempt is one try to send an event.
type attempt struct {
	id, subject string
	// to is the host of the sink.
	to string
	// at is the time since the beginning; accepted says that the answer was told in time.
	at       time.Duration
	accepted bool
	// era is the test's.
	era int64
}

// bench is a publisher whose sink is the test, without a network. It lives in a bubble of
// package synctest, and its jitter is always the longest.
type bench struct {
	*Publisher
	begun time.Time
	// blind says that the test says what Namespaces there are.
	blind   bool
	objects *objects

	mu       sync.Mutex
	attempts []attempt
	era      *atomic.Int64
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

func newBench(t *testing.T, workers int, sink transport) *bench {
	t.Helper()
	b := &bench{begun: time.Now(), objects: newObjects(), era: &atomic.Int64{}}
	c := newClient(workers, nil)
	c.Transport = transport(func(w http.ResponseWriter, r *http.Request) {
		n := b.tried(attempt{id: r.Header.Get("Ce-Id"), subject: r.Header.Get("Ce-Subject"), to: r.URL.Host, at: time.Since(b.begun), era: b.era.Load()})
		recorded := httptest.NewRecorder()
		sink(recorded, r)
		for name, values := range recorded.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(recorded.Body.Bytes())
		if recorded.Code < 300 && r.Context().Err() == nil {
			b.mu.Lock()
			b.attempts[n].accepted = true
			b.mu.Unlock()
		}
	})
	return b.with(t, Options{Client: b.objects, Sink: "http://sink/", Workers: workers, HTTPClient: c})
}

func (b *bench) with(t *testing.T, o Options) *bench {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	p.random = func(n int64) int64 { return n - 1 }
	b.Publisher = p
	return b
}

func (b *bench) tried(a attempt) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.attempts = append(b.attempts, a)
	return len(b.attempts) - 1
}

// attend lets it attend a namespace until the returned function is called.
func (b *bench) attend(namespace string, p *process) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	if !b.blind {
		b.see(namespace)
	}
	running.Go(func() { b.Publisher.attend(ctx, namespace, p) })
	return func() {
		cancel()
		running.Wait()
	}
}

// see shows a Namespace with annotations, names and values in turns.
func (b *bench) see(namespace string, annotations ...string) {
	n := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: namespace, UID: "uid", Annotations: map[string]string{}}}
	for i := 0; i < len(annotations); i += 2 {
		n.Annotations[annotations[i]] = annotations[i+1]
	}
	b.SeeNamespace(n)
}

// all are the attempts that are as wanted.
func (b *bench) all(wanted func(attempt) bool) []attempt {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []attempt
	for _, a := range b.attempts {
		if wanted(a) {
			found = append(found, a)
		}
	}
	return found
}

// triedAt is when an outcome was tried.
func (b *bench) triedAt(r *stock.Reservation) []time.Duration {
	var at []time.Duration
	for _, a := range b.all(func(a attempt) bool { return a.id == eventID(r) }) {
		at = append(at, a.at)
	}
	return at
}

// accepted are the ids of the events that were, in that order.
func (b *bench) accepted() []string {
	var ids []string
	for _, a := range b.all(func(a attempt) bool { return a.accepted }) {
		ids = append(ids, a.id)
	}
	return ids
}

func (b *bench) ids() []string {
	var ids []string
	for _, a := range b.all(func(attempt) bool { return true }) {
		ids = append(ids, a.id)
	}
	return ids
}

func eventID(r *stock.Reservation) string {
	if r.Phase == stock.PhaseRefused {
		return string(r.Outcome) + ".unavailable"
	}
	return string(r.Outcome) + ".reserved"
}

func idsOf(carts []*stock.Reservation) []string {
	var ids []string
	for _, r := range carts {
		ids = append(ids, eventID(r))
	}
	return ids
}

func answerWith(status int) transport {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// hang answers nothing until the sender gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// switched is a sink whose answers change.
type switched struct {
	mu   sync.Mutex
	sink transport
}

func newSwitched(sink transport) *switched { return &switched{sink: sink} }

func (s *switched) set(sink transport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sink = sink
}

func (s *switched) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	sink := s.sink
	s.mu.Unlock()
	sink(w, r)
}

// equalIDs fails unless events are those, in that order.
func equalIDs(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%q\nwant\n%q", what, got, want)
	}
}

var _ client.Client = (*objects)(nil)
