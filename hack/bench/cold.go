package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// coldForm is how many carts are held, and StockItems there are, when an operator starts.
type coldForm struct{ open, items int }

func (f coldForm) String() string { return fmt.Sprintf("cold/%d/%d", f.open, f.items) }

// coldStart is how long an operator takes that knows nothing yet.
type coldStart struct {
	Open  int `json:"open"`
	Items int `json:"items"`
	// FirstDecisions are the times from the start of a process to its first decision, in
	// seconds, shortest first; the process before it has ended in peace.
	FirstDecisions []float64 `json:"first_decisions_s"`
	// TakeOver is that of a warm standby from the death of the leader, the lease included.
	TakeOver float64 `json:"take_over_s"`
}

// coldStarts measures each form, in a namespace of its own.
func (b *bench) coldStarts(ctx context.Context, forms []coldForm) (all []coldStart, err error) {
	for _, f := range forms {
		fmt.Printf("cold start with %d open reservations and %d stock items\n", f.open, f.items)
		c := crowd{namespace: fmt.Sprintf("bench-cold-%d", f.items), items: f.items}
		from, err := b.lab.open(ctx, c.namespace)
		if err != nil {
			return all, err
		}
		if _, err := b.fill(ctx, c, from, max(from, f.open)); err != nil {
			return all, err
		}
		started, err := b.coldStart(ctx, c)
		if err != nil {
			return all, fmt.Errorf("%s: %w", f, err)
		}
		started.Open, started.Items = max(from, f.open), f.items
		fmt.Printf("  first decision after %.1f s, take-over after %.1f s\n", started.FirstDecisions, started.TakeOver)
		all = append(all, started)
	}
	return all, nil
}

func (b *bench) coldStart(ctx context.Context, c crowd) (s coldStart, err error) {
	first, second := b.growing(c), b.growing(c)
	defer func() { err = errors.Join(err, first.leave(), second.leave()) }()
	for range b.rounds {
		if err := errors.Join(first.leave(), first.begin(ctx)); err != nil {
			return s, err
		}
		took, err := first.decides(ctx, time.Now(), func() error { return first.run(ctx) })
		first.end()
		if err != nil {
			return s, err
		}
		s.FirstDecisions = append(s.FirstDecisions, took)
	}
	slices.Sort(s.FirstDecisions)
	s.TakeOver, err = first.succeeded(ctx, second)
	first.end()
	return s, err
}
