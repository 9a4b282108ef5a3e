package auditor

import (
	"context"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"
)

const (
	// workers is how many namespaces are read at a time.
	workers = 2
	// maxKept is how many things audits keep in memory while they wait and others read: about
	// 50 MB of reservations.
	maxKept = 50000
)

// turns bound how much audits do at a time.
type turns struct {
	clock clock.Clock
	// taken holds one for each audit that reads.
	taken chan struct{}
	// room is how much more may be kept by audits that wait while others read.
	room atomic.Int64
}

func newTurns(c clock.Clock) *turns {
	t := &turns{clock: c, taken: make(chan struct{}, workers)}
	t.room.Store(maxKept)
	return t
}

// turn is one audit's leave to read.
type turn struct {
	*turns
	held bool
	// keeps is how much the audit keeps in memory.
	keeps func() int
	// rested is for how long the audit did not read.
	rested time.Duration
}

// take waits until the audit may read.
func (t *turn) take(ctx context.Context) error {
	select {
	case t.taken <- struct{}{}:
		t.held = true
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// giveBack lets another audit read, if this one may.
func (t *turn) giveBack() {
	if t.held {
		t.held = false
		<-t.taken
	}
}

// rest lets others read while the audit only waits, unless it keeps more in memory than there
// is room for beside them. While they still read after that, keepUp is called every followEvery.
func (t *turn) rest(ctx context.Context, wait, keepUp func(context.Context) error) error {
	began := t.clock.Now()
	defer func() { t.rested += t.clock.Since(began) }()
	kept := int64(t.keeps())
	if t.room.Add(-kept) < 0 {
		t.room.Add(kept)
		return wait(ctx)
	}
	defer t.room.Add(kept)
	t.giveBack()
	if err := wait(ctx); err != nil {
		return err
	}
	return t.takeAgain(ctx, keepUp)
}

// takeAgain waits until the audit may read again, and calls keepUp meanwhile, without losing its
// place among those that wait.
func (t *turn) takeAgain(ctx context.Context, keepUp func(context.Context) error) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	taken := make(chan error, 1)
	go func() { taken <- t.take(waiting) }()
	for {
		timer := t.clock.NewTimer(followEvery)
		select {
		case err := <-taken:
			timer.Stop()
			return err
		case <-timer.C():
		}
		if err := keepUp(ctx); err != nil {
			cancel()
			if <-taken == nil {
				t.giveBack()
			}
			return err
		}
	}
}
