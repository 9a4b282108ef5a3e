package allocator

import (
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	at := time.Now()
	l := &Load{at: at}
	pass := func(waiting int, d time.Duration, low, high float64) {
		t.Helper()
		l.waiting = waiting
		at = at.Add(d)
		if l.pass(at); l.share < low || l.share > high {
			t.Errorf("after %v with %d waiting the share is %v, want %v to %v", d, waiting, l.share, low, high)
		}
	}
	pass(0, time.Second, 0, 0)
	pass(1, 10*time.Millisecond, 0.02, 0.08) // one command on an idle machine
	pass(0, time.Second, 0, 0.01)
	pass(64, time.Second, 0.99, 1)
	pass(0, 200*time.Millisecond, 0.3, 0.4)
	for range 100 { // half of the time
		l.waiting = 1
		at = at.Add(5 * time.Millisecond)
		l.pass(at)
		l.waiting = 0
		at = at.Add(5 * time.Millisecond)
		l.pass(at)
	}
	pass(0, 0, 0.4, 0.6)
}
