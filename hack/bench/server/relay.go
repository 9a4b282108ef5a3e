package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/acme/inventory-service/hack/bench/pgstock"
)

// relay sends what is in the outbox to a sink, at least once, and takes it out when it
// is delivered. There may be one for an outbox.
type relay struct {
	pool   *pgxpool.Pool
	sink   string
	client *http.Client
	news   chan struct{}
}

const (
	// senders is how many events are sent at the same time, as many as the operator does.
	senders = 16
	// maxRead is how many events are read at a time.
	maxRead = 256
	// retryAfter is the pause after a failure.
	retryAfter = 100 * time.Millisecond
	// attemptTimeout bounds one delivery.
	attemptTimeout = 10 * time.Second
)

func newRelay(pool *pgxpool.Pool, sink string) *relay {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = senders
	return &relay{
		pool: pool, sink: sink, news: make(chan struct{}, 1),
		client: &http.Client{Transport: transport, Timeout: attemptTimeout},
	}
}

// wake says that there is something new in the outbox.
func (r *relay) wake() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends. What a process left in the outbox is delivered first.
func (r *relay) run(ctx context.Context) error {
	for {
		found, err := r.deliver(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			fmt.Fprintln(os.Stderr, "relay:", err)
			select {
			case <-time.After(retryAfter):
			case <-ctx.Done():
			}
		case found == 0:
			select {
			case <-r.news:
			case <-ctx.Done():
			}
		}
	}
}

// deliver sends some events, and takes those that the sink accepted out of the outbox.
func (r *relay) deliver(ctx context.Context) (found int, err error) {
	waiting, err := pgstock.Undelivered(ctx, r.pool, maxRead)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	accepted := make([]bool, len(waiting))
	var posts errgroup.Group
	posts.SetLimit(senders)
	for i, e := range waiting {
		posts.Go(func() error {
			err := r.post(ctx, e)
			accepted[i] = err == nil
			return err
		})
	}
	failed := posts.Wait()
	var numbers []int64
	for i, e := range waiting {
		if accepted[i] {
			numbers = append(numbers, e.Number)
		}
	}
	if err := pgstock.Delivered(ctx, r.pool, numbers); err != nil {
		return len(waiting), err
	}
	return len(waiting), failed
}

// post sends an event in binary mode.
func (r *relay) post(ctx context.Context, e pgstock.Event) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.sink, bytes.NewReader(e.Payload))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Type": e.Type, "Ce-Source": source, "Ce-Id": e.ID,
	} {
		request.Header.Set(name, value)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the sink answered %s", response.Status)
	}
	return nil
}
