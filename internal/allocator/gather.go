package allocator

import "time"

// gathering decides how long the next batch waits for company after a write has landed. Who
// was answered often asks again at once, and a write costs the API server the same however
// many carts are in it. The wait ends when as many are there as before, and takes no longer
// than the write did, so that being together never costs more than being the next batch. Where
// it ended in vain, since carts come from elsewhere, the next writes do not wait. PostgreSQL's
// commit_delay is the same idea, with a time that somebody has to choose.
type gathering struct {
	// sent is when the write under way was sent, until is when the wait after it ends.
	sent, until time.Time
	// expected is how many callers may be there by then.
	expected int
	// waited says that the wait under way has kept somebody waiting.
	waited bool
	// idle is how many more writes are not waited for, and vain how many waits ended in vain.
	idle, vain int
}

const (
	// gatherMost bounds the wait: a write that took long says nothing about the next one.
	gatherMost = 20 * time.Millisecond
	// gatherIdle bounds, as a power of 2, how many writes are not waited for.
	gatherIdle = 6
)

// landed begins to wait for those who were answered, beside those who wait already.
func (g *gathering) landed(now time.Time, answered, waiting int) {
	if g.idle > 0 {
		g.idle--
		g.expected = 0
		return
	}
	g.until = now.Add(min(now.Sub(g.sent), gatherMost))
	g.expected, g.waited = answered+waiting, false
}

// rest is how long so many callers wait on.
func (g *gathering) rest(now time.Time, waiting int) time.Duration {
	rest := g.until.Sub(now)
	if waiting >= g.expected || rest <= 0 || rest > gatherMost { // the clock may be set back
		return 0
	}
	g.waited = true
	return rest
}

// send notes that a write is sent for so many callers.
func (g *gathering) send(now time.Time, waiting int) {
	g.sent = now
	switch {
	case !g.waited:
	case waiting*2 > g.expected:
		g.vain = 0
	default:
		g.idle = 1 << min(g.vain, gatherIdle)
		g.vain++
	}
	g.waited = false
}

// callers is how many who wait for an answer are in the queue.
func callers(queue []ask) (count int) {
	for _, a := range queue {
		if a.waits() {
			count++
		}
	}
	return count
}
