package controllers

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// restAfter is the time without a change of any reservation after which the operator counts
	// as idle.
	restAfter = 150 * time.Millisecond
	// minStale is how old changed figures are before they are shown while reservations
	// change, so that one write shows many changes.
	minStale = 300 * time.Millisecond
	// While reservations change, an item is shown for every so many of them (writesPerChange)
	// and one a second besides (leastRate), no more than busyRate a second, and busyBurst at
	// once after a time without: views are not to take what carts need.
	writesPerChange = 0.05
	leastRate       = 1
	busyRate        = 10
	busyBurst       = 10
	// idleBurst is how many items come at a time while the operator is idle, for each second
	// that it has been: a crowded API server that keeps everybody waiting looks idle.
	idleBurst = 2
	// longIdle is the idle time from which on the rate grows no further.
	longIdle = time.Minute
	// paceTick is how often stale items are looked at while there are any.
	paceTick = 20 * time.Millisecond
)

// itemKey names a StockItem as the journal does.
type itemKey struct {
	namespace string
	uid       stock.ID
}

// itemPace says when the changed figures of a StockItem may be written: of those that
// changed, the stalest of each namespace in turns, a few a second while reservations change, and
// without waiting while the operator is idle. The zero value is ready.
type itemPace struct {
	mu sync.Mutex
	// queues have those that changed in that order, by namespace, since from when on. turns are
	// the namespaces that have some, the one first that was served longest ago.
	queues map[string][]itemKey
	turns  []string
	since  map[itemKey]time.Time
	// granted are those whose turn has come.
	granted map[itemKey]struct{}
	// busy is when a reservation changed last.
	busy time.Time
	// earned is what the changes of reservations since creditAt allow. credit is what may be
	// written while busy, as of then; burst what is left of those that may come at once while
	// idle, since burstAt.
	earned, credit    float64
	creditAt, burstAt time.Time
	burst             int
	wake              chan struct{}
	// add queues an item; nil before the controller runs.
	add func(name types.NamespacedName, priority int)
}

func (p *itemPace) init() {
	if p.since == nil {
		p.queues, p.since = map[string][]itemKey{}, map[itemKey]time.Time{}
		p.granted, p.wake = map[itemKey]struct{}{}, make(chan struct{}, 1)
	}
}

// waits tells whether there are stale items, be it that their turn has come and they wait
// for a worker.
func (p *itemPace) waits() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.since) > 0 || len(p.granted) > 0
}

// changed takes note of what the journal changed.
func (p *itemPace) changed(namespace string, c stock.Changes, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.init()
	if n := len(c.Reservations); n > 0 {
		p.busy = now
		p.earned = min(busyBurst, p.earned+writesPerChange*float64(n))
	}
	for _, uid := range c.Items {
		p.markLocked(itemKey{namespace, uid}, now)
	}
}

// mark says that the figures which an item shows are not what they should be.
func (p *itemPace) mark(key itemKey, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.init()
	p.markLocked(key, now)
}

func (p *itemPace) markLocked(key itemKey, now time.Time) {
	if _, waits := p.since[key]; waits {
		return
	}
	p.since[key] = now
	if len(p.queues[key.namespace]) == 0 {
		p.turns = append(p.turns, key.namespace)
	}
	p.queues[key.namespace] = append(p.queues[key.namespace], key)
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// earn adds to the credit what may be written since it was looked at last.
func (p *itemPace) earn(now time.Time) {
	seconds := now.Sub(p.creditAt).Seconds()
	p.creditAt = now
	most := busyRate * seconds
	p.credit = min(busyBurst, p.credit+min(most, p.earned+leastRate*seconds))
	p.earned = max(0, p.earned-most)
}

// take tells whether an item's turn has come, once.
func (p *itemPace) take(key itemKey) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.granted[key]
	delete(p.granted, key)
	return ok
}

// next takes the item whose turn it is, or says how long to wait; 0 if there is none.
func (p *itemPace) next(now time.Time) (key itemKey, wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.turns) == 0 {
		return itemKey{}, 0, false
	}
	turn := p.turn(now)
	if turn < 0 || !p.pay(now) {
		return itemKey{}, paceTick, false
	}
	namespace := p.turns[turn]
	key, p.queues[namespace] = p.queues[namespace][0], p.queues[namespace][1:]
	p.turns = slices.Delete(p.turns, turn, turn+1)
	if len(p.queues[namespace]) > 0 {
		p.turns = append(p.turns, namespace)
	} else {
		delete(p.queues, namespace)
	}
	delete(p.since, key)
	p.granted[key] = struct{}{}
	return key, 0, true
}

// idle is for how long no reservation has changed; it counts from restAfter on.
func (p *itemPace) idle(now time.Time) (idle time.Duration, is bool) {
	idle = now.Sub(p.busy)
	return idle, idle >= restAfter
}

// turn is that of the next namespace; -1 where what changed is not stale enough to be shown.
func (p *itemPace) turn(now time.Time) int {
	if _, idle := p.idle(now); idle {
		return 0
	}
	return slices.IndexFunc(p.turns, func(namespace string) bool { return now.Sub(p.since[p.queues[namespace][0]]) >= minStale })
}

// pay takes what the turn of an item costs, if it is there.
func (p *itemPace) pay(now time.Time) bool {
	p.earn(now)
	idle, is := p.idle(now)
	if !is {
		if p.credit < 1 {
			return false
		}
		p.credit--
		return true
	}
	if now.Sub(p.burstAt) >= paceTick {
		p.burst, p.burstAt = idleBurst*(1+int(min(idle, longIdle)/time.Second)), now
	}
	if p.burst == 0 {
		return false
	}
	p.burst--
	return true
}

// forget forgets all turns of a namespace.
func (p *itemPace) forget(namespace string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	there := func(key itemKey) bool { return key.namespace == namespace }
	maps.DeleteFunc(p.granted, func(key itemKey, _ struct{}) bool { return there(key) })
	maps.DeleteFunc(p.since, func(key itemKey, _ time.Time) bool { return there(key) })
	delete(p.queues, namespace)
	p.turns = slices.DeleteFunc(p.turns, func(turn string) bool { return turn == namespace })
}

// urge has an item looked at without waiting for its turn.
func (p *itemPace) urge(name types.NamespacedName) {
	p.mu.Lock()
	add := p.add
	p.mu.Unlock()
	if add != nil {
		add(name, 0)
	}
}

// releases is a source.Func: until ctx ends it queues the items whose turn has come.
func (r *StockItemReconciler) releases(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	byPriority, err := prioritized(queue)
	if err != nil {
		return err
	}
	add := func(name types.NamespacedName, priority int) {
		byPriority.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, reconcile.Request{NamespacedName: name})
	}
	r.pace.mu.Lock()
	r.pace.init()
	r.pace.add = add
	r.pace.mu.Unlock()
	go r.release(ctx, func(name types.NamespacedName) { add(name, handler.LowPriority) })
	return nil
}

// release calls add for the items whose turn has come, until ctx ends.
func (r *StockItemReconciler) release(ctx context.Context, add func(types.NamespacedName)) {
	for ctx.Err() == nil {
		key, wait, ok := r.pace.next(time.Now())
		switch {
		case !ok && wait > 0:
			sleep(ctx, wait)
		case !ok:
			select {
			case <-r.pace.wake:
			case <-ctx.Done():
			}
		default:
			if name := r.nameOf(key); name.Name != "" {
				add(name)
			} else {
				r.pace.take(key)
			}
		}
	}
}

// nameOf is the name of an item, empty where nobody here leads who knows it.
func (r *StockItemReconciler) nameOf(key itemKey) types.NamespacedName {
	name := types.NamespacedName{Namespace: key.namespace}
	if runner, ok := leading(r.Namespaces, key.namespace); ok {
		runner.Read(func(s *stock.State, _ *journal.Log) {
			if item, ok := s.Item(key.uid); ok {
				name.Name = item.Name
			}
		})
	}
	return name
}
