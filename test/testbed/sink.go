package testbed

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
	"github.com/acme/inventory-service/test/books"
)

// Sink records the events of the world's namespace by their id. It fails the
// test when one id comes with two contents.
type Sink struct {
	w       *World
	address string
	Victim  chan *Operator
	// Compared makes of an event what is compared of it; nil compares all. Set it before the
	// first event.
	Compared func(cloudevents.Event) cloudevents.Event

	mu      sync.Mutex
	server  *http.Server
	fault   Fault
	met     chan struct{}
	mood    func(rw http.ResponseWriter, record func())
	Events  map[string]string // rendered, by id
	Counts  map[string]int
	changed chan struct{}
}

// NewSink is a sink that is up.
func (w *World) NewSink() *Sink {
	w.Helper()
	s := &Sink{
		w: w, Victim: make(chan *Operator, 1),
		Events: map[string]string{}, Counts: map[string]int{}, changed: make(chan struct{}),
	}
	listener := s.listenSomewhere()
	s.address = listener.Addr().String()
	s.serve(listener)
	w.Cleanup(s.Close)
	return s
}

// listenSomewhere listens on an address that nobody else took since it was found free.
func (s *Sink) listenSomewhere() net.Listener {
	s.w.Helper()
	for range 10 {
		if listener, err := net.Listen("tcp", FreeAddress(s.w)); err == nil {
			return listener
		}
	}
	s.w.Fatal("found no address for a sink")
	return nil
}

// URL is where the sink listens, or will again.
func (s *Sink) URL() string { return "http://" + s.address }

// Open lets the sink listen.
func (s *Sink) Open() {
	s.w.Helper()
	listener, err := net.Listen("tcp", s.address)
	s.w.Must(err)
	s.serve(listener)
}

func (s *Sink) serve(listener net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: Patience}
	go func(server *http.Server) { _ = server.Serve(listener) }(s.server)
}

// Close lets connections be refused.
func (s *Sink) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.server.Close()
}

// Failing is the mood of a sink that listens and answers with a code.
func Failing(code int) func(http.ResponseWriter, func()) {
	return func(rw http.ResponseWriter, _ func()) { rw.WriteHeader(code) }
}

// Forgetful takes the event and breaks the connection.
func Forgetful(_ http.ResponseWriter, record func()) {
	record()
	panic(http.ErrAbortHandler)
}

// Feel changes how requests are served; nil takes every event.
func (s *Sink) Feel(mood func(http.ResponseWriter, func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = mood
}

// Arm breaks the next delivery.
func (s *Sink) Arm(f Fault) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.met = f, make(chan struct{})
	return s.met
}

func (s *Sink) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	event, err := binding.ToEvent(r.Context(), cehttp.NewMessageFromHttpRequest(r))
	if err != nil {
		s.w.Errorf("the sink got what is no event: %v", err)
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	if event.Source() != events.ReservationSource(s.w.Namespace) {
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
		f(&Passage{World: s.w, Writer: rw, Victim: s.Victim, Send: func() (*Reply, error) {
			record()
			return &Reply{Code: http.StatusAccepted}, nil
		}})
	case mood != nil:
		mood(rw, record)
	default:
		record()
		rw.WriteHeader(http.StatusAccepted)
	}
}

func (s *Sink) record(event *cloudevents.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := render(s.compared(event))
	if before, known := s.Events[event.ID()]; known && before != content {
		s.w.Errorf("event %s came with two contents:\n%s\n%s", event.ID(), before, content)
	}
	s.Events[event.ID()] = content
	s.Counts[event.ID()]++
	s.announce()
}

// announce tells those who wait. The caller holds the lock.
func (s *Sink) announce() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Await waits until the sink is as it should be; done runs under its lock.
func (s *Sink) Await(what string, done func() bool) {
	s.w.Helper()
	timeout := time.After(Patience)
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

// Check waits for the outcome of every cart that the journal has decided and fails the
// test if there was any other event. Call it when nothing is to be decided any more.
func (s *Sink) Check() {
	s.w.Helper()
	want := s.outcomes()
	s.awaitAll(want)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !maps.Equal(s.Events, want) {
		s.w.Errorf("the sink got\n%s\nwant\n%s", listed(s.Events), listed(want))
	}
}

// outcomes are the events of all outcomes that the journal remembers, rendered, by id.
func (s *Sink) outcomes() map[string]string {
	s.w.Helper()
	all := map[string]string{}
	for _, r := range s.w.Journal().Carts() {
		if event, ok := events.Outcome(books.Shown(s.w.Namespace, r)); ok {
			all[event.ID()] = renderSent(*s.compared(&event))
		}
	}
	return all
}

// compared is what is compared of an event.
func (s *Sink) compared(event *cloudevents.Event) *cloudevents.Event {
	if s.Compared == nil {
		return event
	}
	part := s.Compared(event.Clone())
	return &part
}

func (s *Sink) awaitAll(want map[string]string) {
	s.w.Helper()
	s.Await(fmt.Sprintf("%d events", len(want)), func() bool {
		for id := range want {
			if s.Counts[id] == 0 {
				return false
			}
		}
		return true
	})
}

// CheckAll waits for the outcome of every cart that ever was decided, as an observer
// has seen it, and fails the test if there was any other event.
func (s *Sink) CheckAll(outcomes map[string]string) {
	s.w.Helper()
	s.awaitAll(outcomes)
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, got := range s.Events {
		if want := outcomes[id]; got != want {
			s.w.Errorf("the sink got\n%s\nwhere the outcome is\n%s", got, want)
		}
	}
}

func listed(events map[string]string) string {
	return strings.Join(slices.Sorted(maps.Values(events)), "\n")
}

// renderSent is everything an event tells when it is sent in binary mode: the SDK, which reads
// it, undoes no encoding.
func renderSent(e cloudevents.Event) string {
	e = events.ForHeaders(e)
	return render(&e)
}

// render is everything an event tells, its payload byte for byte.
func render(e *cloudevents.Event) string {
	return fmt.Sprintf("%s %s %s %s %s %s %s %v %s", e.ID(), e.SpecVersion(), e.Type(), e.Source(), e.Subject(),
		e.Time().UTC().Format(time.RFC3339Nano), e.DataContentType(), e.Extensions(), e.Data())
}
