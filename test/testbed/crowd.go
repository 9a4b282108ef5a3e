package testbed

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// Crowd are clients that reserve at the same time, each one cart after another.
type Crowd struct {
	w       *World
	running sync.WaitGroup

	mu      sync.Mutex
	Told    map[string]*Told // by the command's id
	changed chan struct{}
}

// Load is what a crowd does.
type Load struct {
	Name           string // tells its commands from those of another crowd
	Clients, Carts int    // carts of each client
	// Bridges are taken in turn, by each client for each attempt.
	Bridges []string
	Items   func(client, cart int) []events.Item
	// Patience is how long a client insists on an outcome; 0 is the usual.
	Patience time.Duration
}

// Gather lets a crowd begin.
func (w *World) Gather(l Load) *Crowd {
	w.Helper()
	if l.Patience == 0 {
		l.Patience = Patience
	}
	c := &Crowd{w: w, Told: map[string]*Told{}, changed: make(chan struct{})}
	for client := range l.Clients {
		c.running.Go(func() { c.shop(l, client) })
	}
	w.Cleanup(c.running.Wait) // the test's context is done by then
	return c
}

func (c *Crowd) shop(l Load, client int) {
	attempts := client
	for cart := range l.Carts {
		by := []Transport{BinaryMode, StructuredMode, PlainHTTP}[(client+cart)%3]
		command := Reserve(fmt.Sprintf("%s%d-%d", l.Name, client, cart), by, l.Items(client, cart)...)
		ctx, cancel := context.WithTimeout(c.w.Context(), l.Patience)
		answer, err := command.Repeat(ctx, func() string {
			attempts++
			return l.Bridges[attempts%len(l.Bridges)]
		})
		cancel()
		if err != nil {
			c.w.Error(err)
			return
		}
		c.mu.Lock()
		c.Told[command.ID] = answer
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
}

// Await waits until so many carts have an outcome.
func (c *Crowd) Await(outcomes int) {
	c.w.Helper()
	timeout := time.After(Patience)
	for {
		c.mu.Lock()
		count, changed := len(c.Told), c.changed
		c.mu.Unlock()
		if count >= outcomes {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			c.w.Fatalf("%d carts have an outcome, want %d", count, outcomes)
		}
	}
}

// Done waits until all carts have an outcome, and checks that the journal has one for
// each, which is what the client was told.
func Done(w *World, crowds ...*Crowd) {
	w.Helper()
	told := map[string]bool{}
	carts := 0
	for _, c := range crowds {
		c.running.Wait()
		carts += len(c.Told)
		for _, answer := range c.Told {
			told[answer.Reservation] = answer.Refused
		}
	}
	all := w.Journal().Carts()
	if len(all) != carts || len(told) != carts {
		w.Errorf("%d carts, told of as %d reservations, became %d", carts, len(told), len(all))
	}
	for _, r := range all {
		refused, known := told[string(r.ID)]
		if !known || refused != (r.Phase == stock.PhaseRefused) {
			w.Errorf("reservation %s is in phase %d, and the client was told refused=%v, known=%v", r.ID, r.Phase, refused, known)
		}
	}
}

// Sold fails the test unless every unit of a StockItem is reserved.
func (w *World) Sold(names ...string) {
	w.Helper()
	for _, name := range names {
		i := w.AwaitItem(name, func(i *v1.StockItem) bool { return i.Status.Available == 0 })
		if i.Status.Reserved != i.Spec.Received {
			w.Errorf("%d of %d units of %s are reserved, and none is available", i.Status.Reserved, i.Spec.Received, name)
		}
	}
}
