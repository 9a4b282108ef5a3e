package e2e

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// crowd are clients that reserve at the same time, each one cart after another.
type crowd struct {
	w       *world
	running sync.WaitGroup

	mu      sync.Mutex
	told    map[string]*told // by the command's id
	changed chan struct{}
}

// load is what a crowd does.
type load struct {
	name           string // tells its commands from those of another crowd
	clients, carts int    // carts of each client
	// bridges are taken in turn, by each client for each attempt.
	bridges []string
	items   func(client, cart int) []events.Item
	// patience is how long a client insists on an outcome; 0 is the usual.
	patience time.Duration
}

// gather lets a crowd begin.
func (w *world) gather(l load) *crowd {
	w.Helper()
	if l.patience == 0 {
		l.patience = patience
	}
	c := &crowd{w: w, told: map[string]*told{}, changed: make(chan struct{})}
	for client := range l.clients {
		c.running.Go(func() { c.shop(l, client) })
	}
	w.Cleanup(c.running.Wait) // the test's context is done by then
	return c
}

func (c *crowd) shop(l load, client int) {
	attempts := client
	for cart := range l.carts {
		by := []transport{binaryMode, structuredMode, plainHTTP}[(client+cart)%3]
		command := reserve(fmt.Sprintf("%s%d-%d", l.name, client, cart), by, l.items(client, cart)...)
		ctx, cancel := context.WithTimeout(c.w.Context(), l.patience)
		answer, err := command.repeat(ctx, func() string {
			attempts++
			return l.bridges[attempts%len(l.bridges)]
		})
		cancel()
		if err != nil {
			c.w.Error(err)
			return
		}
		c.mu.Lock()
		c.told[command.id] = answer
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
}

// await waits until so many carts have an outcome.
func (c *crowd) await(outcomes int) {
	c.w.Helper()
	timeout := time.After(patience)
	for {
		c.mu.Lock()
		count, changed := len(c.told), c.changed
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

// done waits until all carts have an outcome, and checks that there is one
// Reservation for each, which says what the client was told.
func done(w *world, crowds ...*crowd) {
	w.Helper()
	told := map[string]bool{}
	carts := 0
	for _, c := range crowds {
		c.running.Wait()
		carts += len(c.told)
		for _, answer := range c.told {
			told[answer.reservation] = answer.refused
		}
	}
	all := w.reservations()
	if len(all) != carts || len(told) != carts {
		w.Errorf("%d carts became %d reservations", carts, len(all))
	}
	for _, r := range all {
		refused, known := told[r.Name]
		if !known || !r.Decided() || refused == r.WasReserved() {
			w.Errorf("reservation %s is %s, and the client was told refused=%v, known=%v", r.Name, r.Status.Phase, refused, known)
		}
	}
}

// sold fails the test unless every unit of a StockItem is reserved.
func (w *world) sold(names ...string) {
	w.Helper()
	for _, name := range names {
		i := w.awaitItem(name, func(i *v1.StockItem) bool { return i.Status.Available == 0 })
		if i.Status.Reserved != i.Spec.Received {
			w.Errorf("%d of %d units of %s are reserved, and none is available", i.Status.Reserved, i.Spec.Received, name)
		}
	}
}
