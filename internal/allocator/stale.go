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
	// idleBurst is how many items come at a time while the operator is idle, for
	// each second that it has been: 100 items in the first second, 200 in the next.
	// A crowded API server keeps everybody waiting for longer than restAfter, and
	// all that waits, sent off then, would be in the way of what it lets through next.
	idleBurst = 2
	// longIdle is from when on they come no faster.
	longIdle = time.Minute
)

// staleItems delivers the StockItems whose figures changed: while decisions go on,
// those that waited longest, and no more than their share; while the operator is
// idle without waiting, and the faster the longer it is.
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
	// burst is what is left of those that may come at once since burstAt.
	burst   int
	burstAt time.Time
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
	key := q.queue[0]
	if !q.pay(q.clock.Now(), key) {
		return staleKey{}, pace
	}
	q.queue = q.queue[1:]
	delete(q.since, key)
	return key, 0
}

// pay takes what the delivery of a key costs, if it is there.
func (q *staleItems) pay(now time.Time, key staleKey) bool {
	idle := now.Sub(q.lastBusy)
	if idle < restAfter {
		if q.credit < 1 || now.Sub(q.since[key]) < maxStale {
			return false
		}
		q.credit--
		return true
	}
	if now.Sub(q.burstAt) >= pace {
		q.burst, q.burstAt = idleBurst*(1+int(min(idle, longIdle)/time.Second)), now
	}
	if q.burst == 0 {
		return false
	}
	q.burst--
	return true
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
