package main

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// sink takes every event and counts the different ones, by who sends them. It is the
// same for all contenders.
type sink struct {
	url string

	mu    sync.Mutex
	boxes map[string]*inbox
}

// inbox is what one sender has delivered.
type inbox struct {
	seen map[eventID]struct{}
	// last is when the latest of them came.
	last time.Time
}

// eventID tells an event from a repetition of it.
type eventID struct{ source, id string }

// openSink serves a sink for as long as the lab is open.
func (l *lab) openSink() (*sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{url: "http://" + listener.Addr().String(), boxes: map[string]*inbox{}}
	server := &http.Server{Handler: s}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	l.stops = append(l.stops, func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	})
	return s, nil
}

// urlFor is where a sender's events are counted.
func (s *sink) urlFor(sender string) string { return s.url + "/" + sender }

// empty forgets what a sender has delivered.
func (s *sink) empty(sender string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.boxes, sender)
}

// delivered is how many different events came from a sender, and when the last one did.
func (s *sink) delivered(sender string) (int, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	box := s.boxes[sender]
	if box == nil {
		return 0, time.Time{}
	}
	return len(box.seen), box.last
}

func (s *sink) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	s.take(strings.TrimPrefix(r.URL.Path, "/"), eventID{r.Header.Get("Ce-Source"), r.Header.Get("Ce-Id")})
	rw.WriteHeader(http.StatusAccepted)
}

func (s *sink) take(sender string, event eventID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	box := s.boxes[sender]
	if box == nil {
		box = &inbox{seen: map[eventID]struct{}{}}
		s.boxes[sender] = box
	}
	if _, again := box.seen[event]; !again {
		box.seen[event] = struct{}{}
		box.last = time.Now()
	}
}
