package main

import (
	"context"
	"errors"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
)

// till is a contender that sells what it has, and after so many carts fails or hangs.
type till struct {
	contender
	stock, served chan struct{}
	then          error // nil hangs
	hangs         func()
}

func (*till) name() string { return "till" }

func (s *till) reserve(ctx context.Context, id string, _ []v1.ReservationItem) (string, bool, error) {
	select {
	case s.served <- struct{}{}:
	default:
		if s.then == nil {
			s.hangs()
			<-ctx.Done()
			return "", false, ctx.Err()
		}
		return "", false, s.then
	}
	select {
	case <-s.stock:
		return id, true, nil
	default:
		return id, false, nil
	}
}

func newTill(stock, serves int, then error) *till {
	s := &till{stock: make(chan struct{}, stock), served: make(chan struct{}, serves), then: then}
	for range stock {
		s.stock <- struct{}{}
	}
	return s
}

func TestDrain(t *testing.T) {
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		serves   int
		then     error
		answered int
		err      error
	}{
		"all":           {serves: 100, answered: 100},
		"out of time":   {serves: 60, answered: 60},
		"it is no more": {serves: 60, then: broken, answered: 60, err: broken},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			shop := newTill(10, test.serves, test.then)
			shop.hangs = cancel // its time is over once it has served all that it will
			q := &queue{carts: 100, seen: newLogbook()}
			q.seen.open()
			err := q.drain(ctx, shop, cell{workload: hot, clients: 8}, 1)
			if !errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if s := q.seen.sample; s.answered != test.answered || s.reserved != 10 {
				t.Errorf("%d answered and %d reserved, want %d and 10", s.answered, s.reserved, test.answered)
			}
		})
	}
}
