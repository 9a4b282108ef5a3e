package e2e

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/acme/inventory-service/api/events"
)

// sink records the events of the world's namespace by their id. It fails the
// test when one id comes with two contents.
type sink struct {
	w       *world
	address string
	victim  chan *operator

	mu      sync.Mutex
	server  *http.Server
	fault   fault
	met     chan struct{}
	mood    func(rw http.ResponseWriter, record func())
	events  map[string]string // rendered, by id
	counts  map[string]int
	changed chan struct{}
}

// newSink is a sink that is up.
func (w *world) newSink() *sink {
	w.Helper()
	s := &sink{
		w: w, address: freeAddress(w), victim: make(chan *operator, 1),
		events: map[string]string{}, counts: map[string]int{}, changed: make(chan struct{}),
	}
	s.open()
	w.Cleanup(s.close)
	return s
}

func (s *sink) url() string { return "http://" + s.address }

// open lets the sink listen.
func (s *sink) open() {
	s.w.Helper()
	listener, err := net.Listen("tcp", s.address)
	s.w.must(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: patience}
	go func(server *http.Server) { _ = server.Serve(listener) }(s.server)
}

// close lets connections be refused.
func (s *sink) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.server.Close()
}

// The moods of a sink that listens and does not work.
func failing(code int) func(http.ResponseWriter, func()) {
	return func(rw http.ResponseWriter, _ func()) { rw.WriteHeader(code) }
}

// forgetful takes the event and breaks the connection.
func forgetful(_ http.ResponseWriter, record func()) {
	record()
	panic(http.ErrAbortHandler)
}

// feel changes how requests are served; nil takes every event.
func (s *sink) feel(mood func(http.ResponseWriter, func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = mood
}

// arm breaks the next delivery.
func (s *sink) arm(f fault) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.met = f, make(chan struct{})
	return s.met
}

func (s *sink) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	event, err := binding.ToEvent(r.Context(), cehttp.NewMessageFromHttpRequest(r))
	if err != nil {
		s.w.Errorf("the sink got what is no event: %v", err)
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	if event.Source() != events.ReservationSource(s.w.namespace) {
		rw.WriteHeader(http.StatusAccepted) // of another test's namespace
		return
	}
	record := func() { s.record(event) }
	s.mu.Lock()
	f, met, mood := s.fault, s.met, s.mood
	s.fault = nil
	s.mu.Unlock()
	switch {
	case f != nil:
		defer close(met)
		f(&passage{w: s.w, rw: rw, victim: s.victim, send: func() (*reply, error) {
			record()
			return &reply{code: http.StatusAccepted}, nil
		}})
	case mood != nil:
		mood(rw, record)
	default:
		record()
		rw.WriteHeader(http.StatusAccepted)
	}
}

func (s *sink) record(event *cloudevents.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := render(event)
	if before, known := s.events[event.ID()]; known && before != content {
		s.w.Errorf("event %s came with two contents:\n%s\n%s", event.ID(), before, content)
	}
	s.events[event.ID()] = content
	s.counts[event.ID()]++
	s.announce()
}

// announce tells those who wait. The caller holds the lock.
func (s *sink) announce() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until the sink is as it should be; done runs under its lock.
func (s *sink) await(what string, done func() bool) {
	s.w.Helper()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		is, changed := done(), s.changed
		s.mu.Unlock()
		if is {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			s.w.Fatalf("the sink waited in vain for %s", what)
		}
	}
}

// check waits for the outcome of every decided Reservation and fails the test
// if there was any other event. Call it when nothing is to be decided any more.
func (s *sink) check() {
	s.w.Helper()
	want := map[string]string{}
	for _, r := range s.w.reservations() {
		if event, ok := events.Outcome(&r); ok {
			want[event.ID()] = render(&event)
		}
	}
	s.await(fmt.Sprintf("%d events", len(want)), func() bool {
		for id := range want {
			if s.counts[id] == 0 {
				return false
			}
		}
		return true
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if !maps.Equal(s.events, want) {
		s.w.Errorf("the sink got\n%s\nwant\n%s", listed(s.events), listed(want))
	}
}

func listed(events map[string]string) string {
	return strings.Join(slices.Sorted(maps.Values(events)), "\n")
}

// render is everything an event tells, its payload byte for byte.
func render(e *cloudevents.Event) string {
	return fmt.Sprintf("%s %s %s %s %s %s %s %v %s", e.ID(), e.SpecVersion(), e.Type(), e.Source(), e.Subject(),
		e.Time().UTC().Format(time.RFC3339Nano), e.DataContentType(), e.Extensions(), e.Data())
}
