package publisher

import (
	"net/http"
	"strconv"
	"time"
)

// verdict is what an attempt to deliver came to.
type verdict int

const (
	// failed: try again soon; nothing is known against the event.
	failed verdict = iota
	// accepted: delivered.
	accepted
	// refused: the same event is not likely to be taken later either.
	refused
)

// judge reads a verdict from the status code of an answer. What Knative's senders try again
// is tried again here: a broker answers 404 until it is made, and 409 or 425 while it starts.
func judge(status int) verdict {
	switch {
	case status >= 200 && status < 300:
		return accepted
	case status == http.StatusNotFound, status == http.StatusRequestTimeout, status == http.StatusConflict,
		status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return failed
	case status >= 300 && status < 500:
		return refused
	default:
		return failed
	}
}

// maxRetryAfter bounds how long a sink can put an event off.
const maxRetryAfter = time.Hour

// retryAfter reads a Retry-After header: seconds or an HTTP date. It is 0 where there
// is none, or none that can be read, and never more than maxRetryAfter.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 63); err == nil {
		if seconds > uint64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// backoff is a capped exponential backoff with full jitter.
type backoff struct {
	base, limit time.Duration
}

// delay is how long to wait after so many attempts (1 after the first): a random part
// of base, doubled with each attempt up to limit. random(n) is uniform in [0, n).
func (b backoff) delay(attempts int, random func(n int64) int64) time.Duration {
	return time.Duration(random(int64(b.ceiling(attempts)) + 1))
}

// ceiling is the longest delay after so many attempts.
func (b backoff) ceiling(attempts int) time.Duration {
	if doublings := attempts - 1; doublings < 32 && b.base<<doublings < b.limit {
		return b.base << doublings
	}
	return b.limit
}
