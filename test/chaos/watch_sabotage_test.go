package chaos

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/acme/inventory-service/test/testbed"
)

// sabotage serves watches that freeze, skip, repeat and end. Each begins as it
// should. What a real watch never does, to skip in silence and to go back in
// time, ends within a moment: with 410, after which an informer lists again, or
// by breaking off, after which it goes on from where it was thrown back to.
type sabotage struct {
	mu sync.Mutex
	// left is how many faults are to come, and expiries how many of them may make
	// informers list again, for which these take ever longer.
	left, expiries int
	rng            *rand.Rand
	done           chan struct{} // closed when the last fault has ended
	open           int           // faults that have not ended
	counts         map[string]int
}

func newSabotage(seed uint64, faults int) *sabotage {
	return &sabotage{
		left: faults, expiries: 3, rng: rand.New(rand.NewPCG(seed, 2)),
		done: make(chan struct{}), counts: map[string]int{},
	}
}

// The faults of a watch.
const (
	pass    = ""
	freeze  = "frozen"
	cut     = "event lost with the connection"
	skip    = "event skipped, 410 later"
	double  = "event doubled"
	rewind  = "old event again, then broken off"
	relapse = "old event again, 410 later"
	expire  = "410"
)

// next chooses the fault for an event: more often none.
func (s *sabotage) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 || s.rng.IntN(8) != 0 {
		return pass
	}
	choice := []string{freeze, cut, double, rewind, skip, relapse, expire}
	if s.expiries == 0 {
		choice = choice[:4]
	}
	chosen := choice[s.rng.IntN(len(choice))]
	if chosen == skip || chosen == relapse || chosen == expire {
		s.expiries--
	}
	s.left--
	s.open++
	s.counts[chosen]++
	return chosen
}

// end notes the end of a fault.
func (s *sabotage) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.open == 0 && s.left == 0 {
		close(s.done)
	}
}

func (s *sabotage) moment() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(100+s.rng.IntN(500)) * time.Millisecond
}

func (s *sabotage) pick(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(n)
}

// View serves a watch.
func (s *sabotage) View(v *testbed.View) (served bool) {
	if !v.IsWatch() {
		return false
	}
	response, err := v.Upstream(v.Request.URL.Query())
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		v.Writer.WriteHeader(response.StatusCode)
		_, _ = io.Copy(v.Writer, response.Body)
		return true
	}
	frames := make(chan testbed.Frame)
	stopped := make(chan struct{})
	defer close(stopped)
	go func() {
		defer close(frames)
		testbed.Frames(response.Body, func(f testbed.Frame) bool {
			select {
			case frames <- f:
				return true
			case <-stopped:
				return false
			}
		})
	}()
	v.Begin()
	(&stream{sabotage: s, view: v, frames: frames, begun: !v.WantsAll()}).serve()
	return true
}

// stream is one watch.
type stream struct {
	*sabotage
	view   *testbed.View
	frames <-chan testbed.Frame
	// begun says that all there was at the beginning has been sent.
	begun bool
	sent  []testbed.Frame
	// over ends the watch: after a fault that has to end with it.
	over <-chan time.Time
	// after410 says that it ends with 410.
	after410 bool
}

func (s *stream) serve() {
	defer func() {
		if s.over != nil { // also where the operator ended it first
			s.end()
		}
	}()
	for {
		select {
		case f, more := <-s.frames:
			if !more || !s.handle(f) {
				return
			}
		case <-s.over:
			if s.after410 {
				_ = s.view.Send(expired)
			}
			return
		case <-s.view.Request.Context().Done():
			return
		}
	}
}

// handle serves one event, and tells whether the watch goes on.
func (s *stream) handle(f testbed.Frame) bool {
	if s.over != nil && !s.after410 {
		return true // it was thrown back: a newer event would have it forget that
	}
	if !s.begun || f.Type == "BOOKMARK" || s.over != nil {
		s.begun = s.begun || strings.Contains(string(f.Object), `"k8s.io/initial-events-end":"true"`)
		return s.send(f)
	}
	switch s.next() {
	case freeze:
		defer s.end()
		<-time.After(s.moment())
	case cut:
		s.end()
		return false
	case expire:
		defer s.end()
		_ = s.view.Send(expired)
		return false
	case double:
		defer s.end()
		if !s.send(f) {
			return false
		}
	case skip:
		s.over, s.after410 = time.After(s.moment()), true
		return true
	case rewind:
		s.over = time.After(s.moment() / 2)
		return s.send(f) && s.sendOld()
	case relapse:
		s.over, s.after410 = time.After(s.moment()), true
		return s.send(f) && s.sendOld()
	}
	return s.send(f)
}

func (s *stream) send(f testbed.Frame) bool {
	s.sent = append(s.sent, f)
	return s.view.Send(f) == nil
}

func (s *stream) sendOld() bool {
	return s.view.Send(s.sent[s.pick(len(s.sent))]) == nil
}

// expired is the event that ends a watch whose version is no longer known.
var expired = testbed.Frame{Type: "ERROR", Object: json.RawMessage(
	`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version","reason":"Expired","code":410}`)}
