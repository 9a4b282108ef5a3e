package lookup

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// The pauses before a database that has failed is asked again.
const (
	firstPause = time.Second
	lastPause  = 10 * time.Second
)

// errSkipped says that the database was not asked.
var errSkipped = errors.New("it was not asked")

var errBusy = fmt.Errorf("as many lookups as there may be wait for the archive: %w", errSkipped)

// breaker keeps a database that has failed from being asked by everybody.
type breaker struct {
	logger logr.Logger

	mu sync.Mutex
	// failed is why the last lookup failed, nil where it did not, and since when they do.
	failed error
	since  time.Time
	// until is when it may be asked again, after pause, and trying says that somebody does.
	until  time.Time
	pause  time.Duration
	trying bool
}

// enter fails where the database is not to be asked now. With try, whoever enters is the one who
// finds out whether it answers again. Whoever enters has to leave.
func (b *breaker) enter(now time.Time) (try bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failed == nil:
		return false, nil
	case b.trying || now.Before(b.until):
		return false, fmt.Errorf("the archive has failed and is asked again in a moment (%w): %w", errSkipped, b.failed)
	}
	b.trying = true
	return true, nil
}

// leave notes how it went.
func (b *breaker) leave(now time.Time, try bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if try {
		b.trying = false
	}
	switch {
	case err == nil:
		if b.failed != nil {
			b.logger.Info("The archive answers the bridge again", "failedFor", now.Sub(b.since).Round(time.Millisecond).String())
		}
		b.failed, b.pause = nil, 0
		return
	case b.failed == nil:
		b.since, b.pause = now, firstPause
		b.logger.Error(err, "The archive cannot be asked: what journals have forgotten is not told until it can, all else goes on")
	case try:
		b.pause = min(2*b.pause, lastPause)
		b.logger.V(1).Info("The archive still cannot be asked", "error", err.Error())
	}
	b.failed, b.until = err, now.Add(b.pause)
}
