package replica

import "time"

// Ahead is how far a process's clock may be ahead of the API server's. A leader whose
// clock is faster would release holds that are paid for.
const Ahead = 5 * time.Second

// Clock bounds a process's own clock by what the API server says in the Date headers of
// its answers. The zero value has seen none, and believes its own.
type Clock struct {
	// date is the latest time that the API server can have had at a moment of our own.
	date, at time.Time
}

// Observe takes in a Date header, which has whole seconds, and when its answer came.
// Of several it keeps the one that leaves the clock the least room.
func (c *Clock) Observe(date, at time.Time) {
	date = date.Add(time.Second) // what the header does not say
	if c.date.IsZero() || date.Before(c.server(at)) || at.Sub(c.at) > trust {
		c.date, c.at = date, at
	}
}

// trust is how long a Date header is counted on from. Two clocks drift apart by less than a
// second in that time.
const trust = time.Hour

// server is the latest time that the API server can have at a moment of our own. Moments
// are compared by the monotonic clock, which nobody sets.
func (c *Clock) server(at time.Time) time.Time { return c.date.Add(at.Sub(c.at)) }

// Now is our own time, unless that is more than Ahead beyond the API server's.
func (c *Clock) Now(own time.Time) time.Time {
	if c.date.IsZero() {
		return own
	}
	if latest := c.server(own).Add(Ahead); latest.Before(own) {
		return latest
	}
	return own
}
