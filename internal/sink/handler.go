package sink

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"k8s.io/utils/lru"
)

const (
	// maxBody bounds an event, in bytes.
	maxBody = 1 << 20
	// remembered is how many events duplicates are told from.
	remembered = 100_000
)

// identity is what makes two events the same.
type identity struct{ source, id string }

// receiver prints events, one at a time.
type receiver struct {
	mu   sync.Mutex
	out  io.Writer
	seen *lru.Cache
	now  func() time.Time
}

// Handler returns a handler that prints every outcome posted to it as a line of w. It
// answers 204, or 400 with a line of text to what is no CloudEvent, and 503 if w fails,
// so that the sender keeps the event.
func Handler(w io.Writer) http.Handler {
	return &receiver{out: w, seen: lru.New(remembered), now: time.Now}
}

// ServeHTTP takes one event.
func (s *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "post CloudEvents here", http.StatusMethodNotAllowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	event, err := cehttp.NewEventFromHTTPRequest(r)
	if err == nil {
		err = event.Validate()
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "the event is larger than 1 MiB", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, fmt.Sprintf("not a CloudEvent: %v", err), http.StatusBadRequest)
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	key := identity{source: event.Source(), id: event.ID()}
	_, duplicate := s.seen.Get(key)
	if _, err := io.WriteString(s.out, line(s.now(), event, duplicate)); err != nil {
		http.Error(w, "the event cannot be printed", http.StatusServiceUnavailable)
		return
	}
	s.seen.Add(key, nil)
	w.WriteHeader(http.StatusNoContent)
}
