package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// reads is what the bridge did on GetStockLevel with one core for the operator.
type reads struct {
	Clients int     `json:"clients"`
	Rate    float64 `json:"rate"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
}

// readers is how many clients ask at the same time.
const readers = 16

// reads measures GetStockLevel over HTTP. The operator has one core, the clients
// have the rest of the machine.
func (b *bench) reads(ctx context.Context) (r reads, err error) {
	o := newBridged(b.lab, b.sink)
	o.env = []string{"GOMAXPROCS=1"}
	defer func() { err = errors.Join(err, o.stop()) }()
	if err := o.start(ctx, wide); err != nil {
		return r, err
	}
	if err := b.lab.quiet(ctx); err != nil {
		return r, err
	}
	var s sample
	var mu sync.Mutex
	var clients sync.WaitGroup
	failed := make(chan error, readers)
	warm := time.Now().Add(b.warmUp)
	end := warm.Add(b.measure)
	for i := range readers {
		clients.Go(func() {
			own, err := o.read(ctx, wide.carts(uint64(i)), warm, end)
			if err != nil {
				failed <- err
			}
			mu.Lock()
			defer mu.Unlock()
			s.latencies = append(s.latencies, own...)
		})
	}
	clients.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	s.elapsed = b.measure
	return reads{Clients: readers, Rate: s.rate(), P50: ms(s.quantile(0.5)), P99: ms(s.quantile(0.99))}, err
}

// read asks for the level of one product after the other until end, and returns
// the latencies of those answered after warm.
func (b *bridged) read(ctx context.Context, carts *carts, warm, end time.Time) ([]time.Duration, error) {
	var latencies []time.Duration
	for {
		asked := time.Now()
		if asked.After(end) {
			return latencies, nil
		}
		url := b.bridge + "/stock/" + product(carts.draw())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		response, err := b.http.Do(request)
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answered %s", url, response.Status)
		}
		if answered := time.Now(); answered.After(warm) && answered.Before(end) {
			latencies = append(latencies, answered.Sub(asked))
		}
	}
}
