package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"text/tabwriter"
	"time"
)

// waits are how long the carts of one namespace waited.
type waits []time.Duration

// everySecond sends a cart a second in a namespace, from some part of a second on. What a cart
// waits counts from when it was due, so that one that waits long does not hide the next.
func (t *tenants) everySecond(ctx context.Context, namespace string, from, lasts time.Duration) (all waits, err error) {
	for due, end := time.Now().Add(from), time.Now().Add(lasts); due.Before(end); due = due.Add(time.Second) {
		if err := pause(ctx, time.Until(due)); err != nil {
			return all, err
		}
		// What was in vain has waited, too: a starved namespace is a figure, and no failure.
		if err := t.reserveIn(ctx, namespace); err != nil && !errors.Is(err, errUnanswered) {
			return all, err
		}
		all = append(all, time.Since(due))
	}
	return all, nil
}

// spread returns a load of a cart a second in each namespace, evenly over the second.
func (t *tenants) spread(names []string) func(ctx context.Context, lasts time.Duration) ([]waits, error) {
	return func(ctx context.Context, lasts time.Duration) ([]waits, error) {
		all := make([]waits, len(names))
		err := inParallel(ctx, len(names), len(names), func(i int) (err error) {
			from := time.Second * time.Duration(i) / time.Duration(len(names))
			all[i], err = t.everySecond(ctx, names[i], from, lasts)
			return err
		})
		return all, err
	}
}

// besides is spread over all namespaces but the first, in which so many clients send one cart
// after the other. It counts their carts.
func (t *tenants) besides(ctx context.Context, lasts time.Duration, clients int, carts *int) ([]waits, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var running sync.WaitGroup
	failed := make(chan error, clients)
	end := time.Now().Add(lasts)
	for range clients {
		running.Go(func() {
			for time.Now().Before(end) {
				err := t.reserveIn(ctx, t.names[0])
				if errors.Is(err, errUnanswered) {
					continue
				}
				if err != nil {
					failed <- err
					cancel()
					return
				}
				mu.Lock()
				*carts++
				mu.Unlock()
			}
		})
	}
	all, err := t.spread(t.names[1:])(ctx, lasts)
	running.Wait()
	close(failed)
	if first := <-failed; first != nil {
		err = first
	}
	return all, err
}

// sum adds up what the carts of the namespaces waited.
func (u *platformUse) sum(all []waits, lasts time.Duration) {
	var together sample
	for _, one := range all {
		together.latencies = append(together.latencies, one...)
		alone := sample{latencies: one}
		u.Slowest = max(u.Slowest, milliseconds(alone.quantile(0.99)))
	}
	u.Rate = float64(len(together.latencies)) / lasts.Seconds()
	u.P50, u.P99, u.Max = milliseconds(together.quantile(0.5)), milliseconds(together.quantile(0.99)), milliseconds(together.quantile(1))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// printPlatforms prints what one operator takes for many namespaces.
func printPlatforms(out io.Writer, all []platform) error {
	for _, p := range all {
		_, _ = fmt.Fprintf(out, "\n%d namespaces: from the first StockItem to the first decision p50 %.0f ms, p99 %.0f ms; %d clients of one get %.0f/s\n",
			p.Namespaces, p.FirstP50, p.FirstP99, p.Clients, p.HotRate)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		_, _ = fmt.Fprintln(table, "meanwhile\tCPU cores\tAPI server, etcd\theap MiB\tRSS MiB\tgoroutines\trate/s\tp50 ms\tp99 ms\tslowest p99\tmax ms\t")
		for _, row := range []struct {
			name string
			platformUse
		}{{"no namespace", p.Empty}, {"at rest", p.Rest}, {"a cart a second each", p.Spread}, {"one hot", p.Hot}} {
			u := row.platformUse
			_, _ = fmt.Fprintf(table, "%s\t%.3f\t%.3f\t%.1f\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t\n",
				row.name, u.CPU, u.CPUBelow, u.Heap, u.RSS, u.Goroutines, u.Rate, u.P50, u.P99, u.Slowest, u.Max)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}
