package allocator

import (
	"net/http"
	"sync"
	"time"
)

// ServerClock is a Clock that reads the Date headers of all answers that pass through its
// transport. It is safe for concurrent use.
type ServerClock struct {
	mu    sync.Mutex
	clock Clock
}

// Now is the time by which this process decides.
func (c *ServerClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock.Now(time.Now())
}

// Transport returns next, with an eye on its answers. Only an API server may answer there.
func (c *ServerClock) Transport(next http.RoundTripper) http.RoundTripper {
	return observer{clock: c, next: next}
}

type observer struct {
	clock *ServerClock
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (o observer) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := o.next.RoundTrip(request)
	if err != nil {
		return response, err
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		o.clock.mu.Lock()
		o.clock.clock.Observe(date, time.Now())
		o.clock.mu.Unlock()
	}
	return response, nil
}
