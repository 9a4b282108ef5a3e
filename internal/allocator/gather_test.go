package allocator

import (
	"testing"
	"time"
)

// write plays a write that took so long and answered so many, with so many who wait already.
func (g *gathering) write(at *time.Time, took time.Duration, callers, waiting int) {
	g.send(*at, callers)
	*at = at.Add(took)
	g.landed(*at, callers, waiting)
}

func (g *gathering) wants(t *testing.T, what string, at time.Time, waiting int, want time.Duration) {
	t.Helper()
	if got := g.rest(at, waiting); got != want {
		t.Errorf("%s: waits for %v, want %v", what, got, want)
	}
}

// Those who were answered are waited for, as long as the write took, and not beyond that.
func TestGather(t *testing.T) {
	at := time.Unix(1, 0)
	g := &gathering{}
	g.write(&at, 8*time.Millisecond, 30, 34)
	g.wants(t, "who waits already", at, 34, 8*time.Millisecond)
	g.wants(t, "one is missing", at.Add(3*time.Millisecond), 63, 5*time.Millisecond)
	g.wants(t, "all are there", at.Add(3*time.Millisecond), 64, 0)
	g.wants(t, "it is over", at.Add(8*time.Millisecond), 34, 0)
	g.write(&at, time.Minute, 64, 0)
	g.wants(t, "after a write that took long", at, 1, gatherMost)
	g.write(&at, 8*time.Millisecond, 1, 0)
	g.wants(t, "one alone", at, 1, 0)
}

// A clock that is set back to the API server's does not make anybody wait longer.
func TestGatherWhileTheClockIsSetBack(t *testing.T) {
	at := time.Unix(100, 0)
	g := &gathering{}
	g.write(&at, 8*time.Millisecond, 30, 1)
	g.wants(t, "three seconds back", at.Add(-3*time.Second), 1, 0)
}

// Where nobody comes again, it is waited for ever more seldom, until somebody does.
func TestGatherInVain(t *testing.T) {
	at := time.Unix(1, 0)
	g := &gathering{}
	waits := func() bool {
		g.write(&at, 8*time.Millisecond, 10, 0)
		return g.rest(at, 1) > 0
	}
	var waited []int
	for i := range 20 {
		if waits() {
			waited = append(waited, i)
			g.send(at.Add(8*time.Millisecond), 3)
		}
	}
	if want := 5; len(waited) != want {
		t.Errorf("waited after %v of 20 writes, want %d times", waited, want)
	}
	g.idle = 0
	if !waits() {
		t.Fatal("does not wait, though it is time again")
	}
	g.send(at, 10)
	if !waits() {
		t.Error("does not wait, though all came again")
	}
}
