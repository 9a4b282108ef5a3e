package allocator

import (
	"math"
	"sync"
	"time"
)

// loadMemory is the time constant of Share's average: this long after a change, about two thirds of
// it show.
const loadMemory = 200 * time.Millisecond

// Load tells for how much of the time somebody has waited of late for an answer that takes time
// of the API server. Whatever nobody waits for may take what is left. A wait for a journal that
// is stuck does not count, since that time is no help there. The zero value is ready,
// and safe for concurrent use; one may be shared by the Runners of a process.
type Load struct {
	mu      sync.Mutex
	waiting int
	share   float64
	at      time.Time
}

// Share is between 0, where nobody has waited of late, and 1, where somebody always has.
func (l *Load) Share() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass(time.Now())
	return l.share
}

// change notes that more wait, or fewer.
func (l *Load) change(by int) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass(time.Now())
	l.waiting += by
}

// pass lets the time until now count.
func (l *Load) pass(now time.Time) {
	var present float64
	if l.waiting > 0 {
		present = 1
	}
	l.share = present + (l.share-present)*math.Exp(-float64(now.Sub(l.at))/float64(loadMemory))
	l.at = now
}
