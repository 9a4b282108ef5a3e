package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// sample is what one run of the load saw, within the measured time only.
type sample struct {
	elapsed   time.Duration
	latencies []time.Duration
	reserved  int
	// answered counts all outcomes, those outside of the measured time as well, and
	// ended is when the last client had its own.
	answered int
	ended    time.Time
}

// rate is in outcomes per second.
func (s sample) rate() float64 { return float64(len(s.latencies)) / s.elapsed.Seconds() }

// quantile is the latency that a share of the carts did not exceed.
func (s sample) quantile(share float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	slices.Sort(s.latencies)
	return s.latencies[min(len(s.latencies)-1, int(share*float64(len(s.latencies))))]
}

// load is closed-loop clients: each has one cart under way at a time.
type load struct {
	clients int
	warmUp  time.Duration
	measure time.Duration
	seed    uint64
}

// against lets the clients loose on a contender. begin and end are called as
// the measured time begins and ends. Both the warming up and the measured time last
// until they have seen an outcome, however slow the machine is.
func (l load) against(ctx context.Context, c contender, w workload, begin, end func() error) (sample, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen := newLogbook()
	stopping := make(chan struct{})
	var clients sync.WaitGroup
	failed := make(chan error, l.clients)
	for i := range l.clients {
		clients.Go(func() {
			carts := w.carts(l.seed<<16 + uint64(i))
			if err := shop(ctx, c, carts, stopping, seen.record); err != nil {
				failed <- fmt.Errorf("client %d of %s: %w", i, c.name(), err)
			}
		})
	}
	err := l.observe(ctx, seen, failed, begin, end)
	close(stopping)
	if err != nil {
		cancel()
	}
	clients.Wait()
	seen.sample.ended = time.Now()
	close(failed)
	return seen.sample, errors.Join(err, firstOf(failed))
}

// firstOf is the first of the clients' errors, which are mostly the same.
func firstOf(failed <-chan error) error {
	first := <-failed
	others := 0
	for range failed {
		others++
	}
	if others > 0 {
		return fmt.Errorf("%w (and %d others)", first, others)
	}
	return first
}

// observe warms up and then measures.
func (l load) observe(ctx context.Context, seen *logbook, failed <-chan error, begin, end func() error) error {
	if err := endure(ctx, l.warmUp, failed); err != nil {
		return err
	}
	if err := seen.some(ctx, failed); err != nil {
		return err
	}
	if err := begin(); err != nil {
		return err
	}
	seen.open()
	if err := endure(ctx, l.measure, failed); err != nil {
		return err
	}
	if err := seen.some(ctx, failed); err != nil {
		return err
	}
	seen.close()
	return end()
}

// shop sends carts one after the other until stopping is closed.
func shop(ctx context.Context, c contender, carts *carts, stopping <-chan struct{}, record func(sent, answered time.Time, reserved bool)) error {
	for {
		select {
		case <-stopping:
			return nil
		default:
		}
		id, items := uuid.NewString(), carts.next()
		sent := time.Now()
		reservation, reserved, err := c.reserve(ctx, id, items)
		if err != nil {
			return err
		}
		if carts.releasing {
			if err := c.release(ctx, reservation); err != nil {
				return err
			}
		}
		record(sent, time.Now(), reserved)
	}
}

// endure waits, unless a client fails or ctx ends before.
func endure(ctx context.Context, d time.Duration, failed <-chan error) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
