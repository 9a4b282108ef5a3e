package allocator

import "time"

// Ahead is how far a process's clock may be ahead of the API server's. A leader whose
// clock is faster would release holds that are paid for.
const Ahead = 5 * time.Second

// Clock bounds a process's own clock by the Date headers of the API server's answers: it is never
// before the Date that it counts from plus the time since, and never more than Ahead after that.
// So it is at most Ahead ahead of the API server's clock, and little more than a second behind
// it. A clock far behind would take the times of honest commands for future ones. The zero value
// has seen no header and returns the process's own time.
type Clock struct {
	// date is what the API server's clock showed at a moment of our own.
	date, at time.Time
}

// Observe takes in a Date header, which has whole seconds, and when its answer came.
// Of several it keeps the one that leaves the clock the least room.
func (c *Clock) Observe(date, at time.Time) {
	if c.date.IsZero() || date.Before(c.server(at)) || at.Sub(c.at) > trust {
		c.date, c.at = date, at
	}
}

// trust is how long a Date header is counted on from. It is short, since a machine that
// sleeps does not count on.
const trust = time.Minute

// server is what the API server's clock shows at a moment of our own, as far as is known.
// Moments are compared by the monotonic clock, which nobody sets.
func (c *Clock) server(at time.Time) time.Time { return c.date.Add(at.Sub(c.at)) }

// Now is our own time, brought within its bounds.
func (c *Clock) Now(own time.Time) time.Time {
	if c.date.IsZero() {
		return own
	}
	earliest := c.server(own)
	latest := earliest.Add(Ahead)
	switch {
	case own.Before(earliest):
		return earliest
	case own.After(latest):
		return latest
	default:
		return own
	}
}
