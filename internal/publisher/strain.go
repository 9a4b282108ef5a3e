package publisher

import (
	"slices"
	"time"
)

// troubleAfter is how many different outcomes must fail, with no other answer between
// them, before a namespace counts as troubled. One bad event is no trouble.
const troubleAfter = 3

// strain tells how a sink fares with one namespace's events.
type strain struct {
	// failing are different outcomes that failed since the sink last answered otherwise.
	failing []uint64
	// attempts counts the failures since then in trouble, until is when the next attempt may
	// begin, and retried says that the last one was not a first one.
	attempts int
	until    time.Time
	retried  bool
}

// sending counts the sends under way of one namespace, and those among them that are retries.
type sending struct{ all, retries int }

func (s *sending) begin(o *outcome) {
	s.all++
	if o.retrying = o.retry(); o.retrying {
		s.retries++
	}
}

func (s *sending) end(o *outcome) {
	s.all--
	if o.retrying {
		s.retries--
	}
}

// troubled tells whether events are tried one at a time.
func (s *strain) troubled() bool { return len(s.failing) >= troubleAfter }

// allowsFresh tells whether one that was never tried may begin beside the sends under way. In
// trouble a retry that hangs does not keep it from finding out that the sink works.
func (s *strain) allowsFresh(sending sending, now time.Time) bool {
	return !s.troubled() || sending.all == sending.retries && !now.Before(s.until)
}

// allowsRetry tells whether one that has failed before may begin beside the sends under way.
// They get half of the turns at most, since those that hang keep theirs for long.
func (s *strain) allowsRetry(sending sending, turns int, now time.Time) bool {
	if s.troubled() {
		return sending.all == 0 && !now.Before(s.until)
	}
	return sending.retries < max(1, turns/2)
}

// prefersFresh tells whether one that was never tried goes before those that failed: while
// nothing but failures comes, every other time.
func (s *strain) prefersFresh() bool { return len(s.failing) > 0 && s.retried }

// failed takes in a failure.
func (s *strain) failed(number uint64, now time.Time, pause backoff, random func(int64) int64) {
	if !s.troubled() && !slices.Contains(s.failing, number) {
		s.failing = append(s.failing, number)
	}
	if s.troubled() {
		s.attempts++
		s.until = now.Add(pause.delay(s.attempts, random))
	}
}

// over ends trouble: the sink has answered. It tells whether there was any.
func (s *strain) over() bool {
	troubled := s.troubled()
	*s = strain{}
	return troubled
}
