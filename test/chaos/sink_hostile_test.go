package chaos

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acme/inventory-service/test/testbed"
)

const (
	// lastMood is the attempt at which a hostile sink takes what it does not refuse
	// for good.
	lastMood = 5
	// tooSlow is longer than the publisher waits for an answer.
	tooSlow = 10500 * time.Millisecond
)

// hostileSink is a sink that fails in every way there is, each event at each
// attempt in a way of its own that the seed decides.
type hostileSink struct {
	w    *testbed.World
	url  string
	seed uint64
	// healed has it take everything; slow is how many events it answers too late.
	healed atomic.Bool
	slow   atomic.Int64

	mu    sync.Mutex
	taken map[string]string // contents by id
	tries map[string]int
	moods map[string]int // how often it did what
}

func newHostileSink(w *testbed.World, seed uint64) *hostileSink {
	w.Helper()
	s := &hostileSink{w: w, seed: seed, taken: map[string]string{}, tries: map[string]int{}, moods: map[string]int{}}
	server := httptest.NewServer(s)
	s.url = server.URL
	w.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return s
}

// doomed tells whether the sink refuses an event for good.
func (s *hostileSink) doomed(id string) bool { return s.roll(id, 0)%12 == 0 }

func (s *hostileSink) roll(id string, attempt int) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %s %d", s.seed, strings.SplitN(id, ".", 2)[0], attempt)
	x := h.Sum64() // mixed once more, since ids differ in few bits
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>29
}

func (s *hostileSink) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("Ce-Id")
	body, err := io.ReadAll(r.Body)
	if err != nil || id == "" {
		s.w.Errorf("the sink got what is no event: %v: %v %s", err, r.Header, body)
		return
	}
	content := fmt.Sprintf("%s %s %s %s %s %s", r.Header.Get("Ce-Type"), r.Header.Get("Ce-Source"),
		r.Header.Get("Ce-Subject"), r.Header.Get("Ce-Time"), r.Header.Get("Content-Type"), body)
	switch mood := s.mood(id); mood {
	case "take":
		s.take(id, content)
		rw.WriteHeader(http.StatusAccepted)
	case "take and cut":
		s.take(id, content)
		panic(http.ErrAbortHandler)
	case "take and be late":
		s.take(id, content)
		select {
		case <-time.After(tooSlow):
		case <-r.Context().Done(): // it gave up
		}
	case "cut":
		panic(http.ErrAbortHandler)
	default:
		var code int
		_, _ = fmt.Sscan(mood, &code)
		if strings.HasSuffix(mood, "later") {
			rw.Header().Set("Retry-After", "1")
		}
		rw.WriteHeader(code)
	}
}

// mood is what becomes of an event at this attempt.
func (s *hostileSink) mood(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries[id]++
	mood := s.choose(id, s.tries[id])
	s.moods[mood]++
	return mood
}

func (s *hostileSink) choose(id string, attempt int) string {
	switch {
	case s.healed.Load():
		return "take"
	case s.doomed(id):
		return []string{"403", "410"}[s.roll(id, 1)%2]
	case s.slow.Add(-1) >= 0:
		return "take and be late"
	case attempt >= lastMood:
		return "take"
	}
	moods := []string{
		"500", "503", "503 later", "429 later", "404", "408", "409", "425", "502", "504", "take and cut", "take and cut", "cut",
		"take", "take", "take", "take", "take",
	}
	return moods[s.roll(id, attempt)%uint64(len(moods))]
}

// take keeps an event. One id has one content, for ever.
func (s *hostileSink) take(id, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, known := s.taken[id]; known && before != content {
		s.w.Errorf("event %s came with two contents:\n%s\n%s", id, before, content)
	}
	s.taken[id] = content
}

// contents are the events that it took.
func (s *hostileSink) contents() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	contents := make(map[string]string, len(s.taken))
	for id, content := range s.taken {
		contents[id] = content
	}
	return contents
}
