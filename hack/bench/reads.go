package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
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
	o := newBridged("bridge", newOurs(b.lab))
	o.env = []string{"GOMAXPROCS=1"}
	defer func() { err = errors.Join(err, o.stop()) }()
	if err := o.start(ctx, wide, ""); err != nil {
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
// the latencies of those answered after warm. It keeps one connection, without the
// pool and the goroutines of net/http's client: that costs as much as the server,
// and here they share a machine.
func (b *bridged) read(ctx context.Context, carts *carts, warm, end time.Time) (latencies []time.Duration, err error) {
	address := strings.TrimPrefix(b.bridge, "http://")
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	if err := connection.SetDeadline(end.Add(patience)); err != nil {
		return nil, err
	}
	answers := bufio.NewReader(connection)
	for asked := time.Now(); asked.Before(end); asked = time.Now() {
		path := "/stock/" + product(carts.draw())
		if _, err := fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, address); err != nil {
			return nil, err
		}
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answered %s", path, response.Status)
		}
		if answered := time.Now(); answered.After(warm) && answered.Before(end) {
			latencies = append(latencies, answered.Sub(asked))
		}
	}
	return latencies, nil
}
