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
	var s sample
	var mu sync.Mutex
	var from, to time.Time
	told := 0
	outcome := make(chan struct{}, 1)
	record := func(sent, answered time.Time, reserved bool) {
		mu.Lock()
		defer mu.Unlock()
		told++
		select {
		case outcome <- struct{}{}:
		default:
		}
		if from.IsZero() || answered.Before(from) || !to.IsZero() && answered.After(to) {
			return
		}
		s.latencies = append(s.latencies, answered.Sub(sent))
		if reserved {
			s.reserved++
		}
	}
	stopping := make(chan struct{})
	var clients sync.WaitGroup
	failed := make(chan error, l.clients)
	for i := range l.clients {
		clients.Go(func() {
			carts := w.carts(l.seed<<16 + uint64(i))
			if err := shop(ctx, c, carts, stopping, record); err != nil {
				failed <- fmt.Errorf("client %d of %s: %w", i, c.name(), err)
			}
		})
	}
	// some waits until there are outcomes.
	some := func(count func() int) error {
		for deadline := time.After(patience); ; {
			mu.Lock()
			enough := count() > 0
			mu.Unlock()
			if enough {
				return nil
			}
			select {
			case <-outcome:
			case err := <-failed:
				return err
			case <-deadline:
				return fmt.Errorf("no cart got its outcome within %v", patience)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	err := endure(ctx, l.warmUp, failed)
	if err == nil {
		err = some(func() int { return told })
	}
	if err == nil {
		err = begin()
	}
	mu.Lock()
	from = time.Now()
	mu.Unlock()
	if err == nil {
		err = endure(ctx, l.measure, failed)
	}
	if err == nil {
		err = some(func() int { return len(s.latencies) })
	}
	mu.Lock()
	to = time.Now()
	s.elapsed = to.Sub(from)
	mu.Unlock()
	if err == nil {
		err = end()
	}
	close(stopping)
	if err != nil {
		cancel()
	}
	clients.Wait()
	close(failed)
	for late := range failed {
		err = errors.Join(err, late)
	}
	return s, err
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
