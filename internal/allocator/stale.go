package allocator

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

const (
	// restAfter is how long no decision must have been waiting for the
	// operator to count as idle.
	restAfter = 200 * time.Millisecond
	// maxStale is how long an item's status may lag while decisions go on.
	maxStale = time.Second
	// writesPerChange is the share of item writes while decisions go on: each
	// change of a reservation comes with two API writes, so this keeps items
	// below a twentieth of all.
	writesPerChange = 0.05
	// maxCredit bounds the burst after a long time without item writes.
	maxCredit = 10
	// pace is how often stale items are looked at while there are any.
	pace = 20 * time.Millisecond
)

// staleItems delivers the StockItems whose figures changed: at once while the
// operator is idle; while decisions go on, those that waited longest, and no
// more than their share.
type staleItems struct {
	clock clock.WithTicker
	names func(namespace string, key ledger.Key) []string
	out   chan event.GenericEvent
	wake  chan struct{}

	mu       sync.Mutex
	queue    []staleKey
	since    map[staleKey]time.Time
	credit   float64
	lastBusy time.Time
}

type staleKey struct {
	namespace string
	ledger.Key
}

func newStaleItems(c clock.WithTicker, names func(string, ledger.Key) []string) *staleItems {
	return &staleItems{
		clock: c,
		names: names,
		out:   make(chan event.GenericEvent),
		wake:  make(chan struct{}, 1),
		since: map[staleKey]time.Time{},
	}
}

// mark notes that the figures of these keys changed, and whether decisions are
// going on.
func (q *staleItems) mark(namespace string, keys []ledger.Key, busy bool) {
	if len(keys) == 0 && !busy {
		return
	}
	now := q.clock.Now()
	q.mu.Lock()
	if busy {
		q.lastBusy = now
	}
	if len(keys) > 0 {
		q.credit = min(maxCredit, q.credit+writesPerChange)
	}
	for _, key := range keys {
		k := staleKey{namespace, key}
		if _, waits := q.since[k]; !waits {
			q.since[k] = now
			q.queue = append(q.queue, k)
		}
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends.
func (q *staleItems) run(ctx context.Context) {
	for {
		key, wait := q.next()
		if wait == 0 {
			q.deliver(ctx, key)
			continue
		}
		q.rest(ctx, wait)
		if ctx.Err() != nil {
			return
		}
	}
}

// next takes the key that has waited longest, or says how long to wait.
func (q *staleItems) next() (staleKey, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) == 0 {
		return staleKey{}, time.Hour
	}
	now := q.clock.Now()
	key := q.queue[0]
	if now.Sub(q.lastBusy) < restAfter {
		if q.credit < 1 || now.Sub(q.since[key]) < maxStale {
			return staleKey{}, pace
		}
		q.credit--
	}
	q.queue = q.queue[1:]
	delete(q.since, key)
	return key, 0
}

// rest waits for the time to pass. Only an empty queue is woken by news.
func (q *staleItems) rest(ctx context.Context, wait time.Duration) {
	var wake chan struct{}
	if wait > pace {
		wake = q.wake
	}
	timer := q.clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-wake:
	case <-ctx.Done():
	}
}

func (q *staleItems) deliver(ctx context.Context, key staleKey) {
	for _, name := range q.names(key.namespace, key.Key) {
		item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: key.namespace, Name: name}}
		select {
		case q.out <- event.GenericEvent{Object: item}:
		case <-ctx.Done():
			return
		}
	}
}
