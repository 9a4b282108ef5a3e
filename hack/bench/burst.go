package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// acknowledgements are how a run did on carts that all came at once.
type acknowledgements struct {
	Carts int `json:"carts,omitempty"`
	// Acknowledged is how many had their outcome when the time was up.
	Acknowledged int `json:"acknowledged,omitempty"`
	// Seconds is the time until all had. Extrapolated says that the time was up before,
	// and the rest is reckoned at the rate of the second half of it.
	Seconds      float64 `json:"seconds,omitempty"`
	Extrapolated bool    `json:"seconds_extrapolated,omitempty"`
}

// add is told of further rounds: one that was not over makes all of them extrapolated.
func (a *acknowledgements) add(rounds []run) {
	for _, r := range rounds {
		a.Acknowledged = min(a.Acknowledged, r.Acknowledged)
		a.Extrapolated = a.Extrapolated || r.Extrapolated
	}
}

func (a acknowledgements) String() string {
	switch {
	case a.Carts == 0:
		return ""
	case a.Extrapolated:
		return fmt.Sprintf("  %d of %d acknowledged in time, all would be after %.1f s", a.Acknowledged, a.Carts, a.Seconds)
	default:
		return fmt.Sprintf("  all %d acknowledged after %.1f s", a.Carts, a.Seconds)
	}
}

// atOnce lets all clients loose on a fixed number of carts and measures how long it
// takes until every cart has its outcome. Each client sends its next cart as soon as the
// last is answered, as if the carts queued at its connection.
func (b *bench) atOnce(ctx context.Context, c contender, of cell) (r run, err error) {
	before, err := b.lab.read(ctx, c)
	if err != nil {
		return run{}, err
	}
	bounded, cancel := context.WithTimeout(ctx, b.bound)
	defer cancel()
	q := &queue{carts: of.workload.burst, seen: newLogbook()}
	q.seen.open()
	began := time.Now()
	err = q.drain(bounded, c, of, b.seed)
	elapsed := time.Since(began)
	q.seen.close()
	if err != nil {
		return run{}, err
	}
	after, err := b.lab.read(ctx, c)
	if err != nil {
		return run{}, err
	}
	s := q.seen.sample
	if r, err = s.figures(); err != nil {
		return run{}, err
	}
	r.charge(before, after, float64(s.answered))
	r.acknowledgements = acknowledgements{Carts: q.carts, Acknowledged: s.answered, Seconds: elapsed.Seconds()}
	if left := q.carts - s.answered; left > 0 {
		r.Extrapolated = true
		r.Seconds += float64(left) * (elapsed / 2).Seconds() / float64(max(1, q.after(began.Add(elapsed/2))))
	}
	return r, nil
}

// queue is the carts of a burst that were not sent yet.
type queue struct {
	carts int
	next  atomic.Int64
	seen  *logbook

	mu sync.Mutex
	// answers are the times at which carts were answered.
	answers []time.Time
}

// drain returns when all carts have their outcome, or ctx has ended.
func (q *queue) drain(ctx context.Context, c contender, of cell, seed uint64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var clients sync.WaitGroup
	failed := make(chan error, of.clients)
	for i := range of.clients {
		clients.Go(func() {
			carts := of.workload.carts(seed<<16 + uint64(i))
			for q.next.Add(1) <= int64(q.carts) && ctx.Err() == nil {
				sent := time.Now()
				_, reserved, err := c.reserve(ctx, uuid.NewString(), carts.next())
				if err != nil {
					if ctx.Err() == nil {
						failed <- fmt.Errorf("client %d of %s: %w", i, c.name(), err)
						cancel()
					}
					return
				}
				q.record(sent, time.Now(), reserved)
			}
		})
	}
	clients.Wait()
	close(failed)
	return firstOf(failed)
}

func (q *queue) record(sent, answered time.Time, reserved bool) {
	q.seen.record(sent, answered, reserved)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.answers = append(q.answers, answered)
}

// after counts the carts that were answered since a moment.
func (q *queue) after(moment time.Time) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	count := 0
	for _, at := range q.answers {
		if at.After(moment) {
			count++
		}
	}
	return count
}
