package allocator

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// request is a Reservation that waits for a decision, and its callers.
type request struct {
	uid     types.UID
	name    string
	lines   []v1.ReservationItem
	holdFor time.Duration
	// takes are the units to be consumed, nil where the request is to reserve.
	takes  []v1.Take
	foldID int64
	calls  []uint64
	// decision is what the attempt that the request is part of makes of it.
	decision Decision
}

// called lets a caller wait. A Reservation whose decision is being written
// already gets a second request, since the write under way began before this
// call and proves nothing to it. One that waits already is asked for what the
// last caller knows of it: an answer to an older question would end that
// caller's work, and nothing makes it ask once more.
func (s *State) called(now time.Time, call uint64, asked request) []Effect {
	if r, known := s.waiting[asked.uid]; known {
		asked.calls = slices.Concat(r.calls, []uint64{call})
		*r = asked
	} else {
		asked.calls = []uint64{call}
		s.enqueue(&asked)
	}
	return s.proceed(now)
}

// callDropped forgets a caller. A waiting request that has no caller left is
// not decided.
func (s *State) callDropped(e CallDropped) {
	if s.attempt != nil {
		for _, r := range s.attempt.batch {
			r.drop(e.Call)
		}
	}
	r, known := s.waiting[e.UID]
	if !known {
		return
	}
	if r.drop(e.Call); len(r.calls) == 0 {
		s.dequeue(r)
	}
}

func (r *request) drop(call uint64) {
	r.calls = slices.DeleteFunc(r.calls, func(other uint64) bool { return other == call })
}

func (s *State) enqueue(r *request) {
	s.queue = append(s.queue, r)
	s.waiting[r.uid] = r
}

func (s *State) dequeue(r *request) {
	s.queue = slices.DeleteFunc(s.queue, func(other *request) bool { return other == r })
	delete(s.waiting, r.uid)
}

func replies(r *request, decision Decision) []Effect {
	effects := make([]Effect, 0, len(r.calls))
	for _, call := range r.calls {
		effects = append(effects, Reply{Call: call, Decision: decision})
	}
	return effects
}

// requeue lets the requests of an attempt that came to nothing wait again, before
// those that came later.
func (s *State) requeue(batch []*request) {
	rest := s.queue
	s.queue = nil
	for _, r := range slices.Concat(batch, rest) {
		if len(r.calls) == 0 {
			continue // its callers gave up in the meantime
		}
		r.decision = Decision{}
		if earlier, twice := s.waiting[r.uid]; twice && earlier != r {
			// A second request of the same Reservation came while the first was
			// being written: they become one.
			earlier.calls = append(earlier.calls, r.calls...)
			continue
		}
		s.enqueue(r)
	}
}
