package publisher

import (
	"slices"
	"sync"
)

// window bounds how many events the process sends at the same time. Namespaces take
// turns. Those whose events have failed for a while get at most half of it together, since
// an attempt that hangs keeps its place for long.
type window struct {
	size int

	mu             sync.Mutex
	busy, doubtful int
	// waiting are the lanes that want a turn, the one that has waited longest first.
	waiting []*lane
}

// lane is the way of one namespace through the window.
type lane struct {
	// turn brings a turn, and whether it was given in doubt: done has to be told.
	turn chan bool
	// doubt says that the namespace's events have failed for a while. It is the window's.
	doubt bool
}

func newLane() *lane { return &lane{turn: make(chan bool, 1)} }

// ask wants one turn for a lane. Asking again before it came changes the doubt alone.
func (w *window) ask(l *lane, doubt bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l.doubt = doubt
	if !slices.Contains(w.waiting, l) && len(l.turn) == 0 {
		w.waiting = append(w.waiting, l)
	}
	w.give()
}

// done gives a turn back.
func (w *window) done(doubt bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.release(doubt)
}

// leave takes a lane out, with a turn that it has not taken.
func (w *window) leave(l *lane) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = slices.DeleteFunc(w.waiting, func(waiting *lane) bool { return waiting == l })
	select {
	case doubt := <-l.turn:
		w.release(doubt)
	default:
	}
}

func (w *window) release(doubt bool) {
	w.busy--
	if doubt {
		w.doubtful--
	}
	w.give()
}

// give gives turns to those who wait while there are some.
func (w *window) give() {
	for w.busy < w.size {
		next := slices.IndexFunc(w.waiting, func(l *lane) bool { return !l.doubt || w.doubtful < max(1, w.size/2) })
		if next < 0 {
			return
		}
		l := w.waiting[next]
		w.waiting = slices.Delete(w.waiting, next, next+1)
		w.busy++
		if l.doubt {
			w.doubtful++
		}
		l.turn <- l.doubt
	}
}
