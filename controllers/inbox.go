package controllers

import (
	"maps"
	"slices"
	"sync"

	"github.com/acme/inventory-service/internal/stock"
)

// inbox keeps the reservations that were changed in each namespace until they are taken, each
// once. The zero value is ready. It is safe for concurrent use.
type inbox struct {
	mu    sync.Mutex
	boxes map[string]*box
}

// box is the part of one namespace.
type box struct {
	changed map[stock.ID]struct{}
	// filled has room for one: there is something to take.
	filled chan struct{}
	// attended counts who takes from it.
	attended int
}

// put adds what was changed. It never waits.
func (i *inbox) put(namespace string, changed []stock.ID) {
	if len(changed) == 0 {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	b := i.box(namespace)
	for _, id := range changed {
		b.changed[id] = struct{}{}
	}
	select {
	case b.filled <- struct{}{}:
	default: // it is told already
	}
}

// attend returns the box of a namespace, which is dropped once all have left.
func (i *inbox) attend(namespace string) (b *box, leave func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	b = i.box(namespace)
	b.attended++
	return b, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if b.attended--; b.attended == 0 {
			delete(i.boxes, namespace)
		}
	}
}

// take empties a box.
func (i *inbox) take(b *box) []stock.ID {
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := slices.Collect(maps.Keys(b.changed))
	clear(b.changed)
	return taken
}

func (i *inbox) box(namespace string) *box {
	if i.boxes == nil {
		i.boxes = map[string]*box{}
	}
	b := i.boxes[namespace]
	if b == nil {
		b = &box{changed: map[stock.ID]struct{}{}, filled: make(chan struct{}, 1)}
		i.boxes[namespace] = b
	}
	return b
}
