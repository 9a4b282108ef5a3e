package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// logbook takes down the outcomes that clients get, those of the measured time in
// detail.
type logbook struct {
	mu       sync.Mutex
	sample   sample
	from, to time.Time
	// outcomes are those since the logbook was made or opened.
	outcomes int
	news     chan struct{}
}

func newLogbook() *logbook { return &logbook{news: make(chan struct{}, 1)} }

func (b *logbook) record(sent, answered time.Time, reserved bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sample.answered++
	if answered.Before(b.from) || !b.to.IsZero() {
		return
	}
	b.outcomes++
	select {
	case b.news <- struct{}{}:
	default:
	}
	if b.from.IsZero() {
		return
	}
	b.sample.latencies = append(b.sample.latencies, answered.Sub(sent))
	if reserved {
		b.sample.reserved++
	}
}

// open begins the measured time.
func (b *logbook) open() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.from, b.outcomes = time.Now(), 0
}

// close ends the measured time.
func (b *logbook) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.to = time.Now()
	b.sample.elapsed = b.to.Sub(b.from)
}

// some waits until there are outcomes.
func (b *logbook) some(ctx context.Context, failed <-chan error) error {
	for deadline := time.After(patience); ; {
		b.mu.Lock()
		enough := b.outcomes > 0
		b.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-b.news:
		case err := <-failed:
			return err
		case <-deadline:
			return fmt.Errorf("no cart got its outcome within %v", patience)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
