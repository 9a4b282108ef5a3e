package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// inParallel calls do for 0 to n-1, a limited number at a time, and returns the
// first error.
func inParallel(ctx context.Context, limit, n int, do func(i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for i := range n {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return do(i)
		})
	}
	return group.Wait()
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	return endure(ctx, d, nil)
}
