package auditor

import (
	"context"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"

	"github.com/acme/inventory-service/internal/allocator"
)

const (
	// workers is how many namespaces are read at a time.
	workers = 2
	// maxKept is how many things audits keep in memory while they wait and others read: about
	// 50 MB of reservations.
	maxKept = 50000
	// awaitFor is how long one try of an audit waits for State to get as far as the pages. It
	// is behind them for as long as the answer to a write takes.
	awaitFor = 10 * time.Second
)

// turns bound how much audits do at a time.
type turns struct {
	clock clock.PassiveClock
	// taken holds one for each audit that reads.
	taken chan struct{}
	// room is how much more may be kept by audits that wait while others read.
	room atomic.Int64
}

func newTurns(c clock.PassiveClock) *turns {
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
// is room for beside them.
func (t *turn) rest(ctx context.Context, wait func(context.Context) error) error {
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
	return t.take(ctx)
}

// patient is a runner for whose State an audit waits without reading, and not for long.
type patient struct {
	runner
	turn *turn
}

// Await waits until State has got as far as a position.
func (p patient) Await(ctx context.Context, position allocator.Position) error {
	return p.turn.rest(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, awaitFor)
		defer cancel()
		return p.runner.Await(ctx, position)
	})
}
