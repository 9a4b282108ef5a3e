package publisher

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	v1 "github.com/acme/inventory-service/api/v1"
)

// ledgers is a Journal that remembers the last word on each namespace.
type ledgers map[string]progress

func (l ledgers) RecordProgress(namespace string, cursor uint64, backlog int64) {
	l[namespace] = progress{cursor: cursor, backlog: int(backlog)}
}

// life is one process's publisher in a world. Nothing is sent: the test acknowledges.
type life struct {
	*Publisher
	w       *world
	journal ledgers
	synced  bool
}

func begin(w *world, journal ledgers) *life {
	p := &Publisher{
		options: Options{Journal: journal, Clock: clock.RealClock{}},
		tracker: newTracker(),
		sink:    &target{},
		store:   w.store,
		lastSync: func() string {
			return strconv.FormatUint(w.lastSync, 10)
		},
	}
	p.openQueue()
	for name, at := range journal {
		p.tracker.resume(name, at)
	}
	w.replay()
	return &life{Publisher: p, w: w, journal: journal}
}

func (l *life) end() { l.queue.ShutDown(); hide() }

// step does one thing at random.
func (l *life) step() {
	switch l.w.random.IntN(10) {
	case 0, 1:
		l.w.act()
	case 2:
		l.w.reflect()
	case 3:
		l.w.apply()
	case 4, 5:
		l.handle()
	case 6, 7, 8:
		l.finish(l.w.random.IntN(4) == 0)
	case 9:
		if l.synced {
			if l.w.random.IntN(3) == 0 {
				l.settle()
			}
			l.report()
		}
	}
}

// handle handles one notice; the initial ones are over with the first other one.
func (l *life) handle() {
	l.w.notify(follower{l.Publisher})
	l.synced = l.synced || len(l.w.notices) == 0 || !l.w.notices[0].initial
}

// finish has one pending outcome acknowledged, or refused and noted.
func (l *life) finish(refuse bool) {
	uids := slices.Sorted(maps.Keys(l.tracker.pending))
	if len(uids) == 0 {
		return
	}
	o := l.tracker.pending[uids[l.w.random.IntN(len(uids))]]
	current := l.w.stored[types.NamespacedName{Namespace: o.namespace, Name: o.name}]
	if !refuse {
		l.w.acknowledged[o.uid] = true
		l.drop(job{outcome: o})
		return
	}
	if current != nil && current.UID == o.uid && !undelivered(current) {
		current = current.DeepCopy()
		meta.SetStatusCondition(&current.Status.Conditions, metav1.Condition{
			Type: v1.ConditionDelivered, Status: metav1.ConditionFalse, Reason: "SinkAnswered400"})
		l.w.put(current, false)
	}
	l.tracker.setAside(o)
}

// check compares with the truth: whatever is decided, exists and was not delivered is
// at or past its cursor or marked, and is not called delivered.
func (l *life) check() error {
	for _, r := range l.w.stored {
		if !r.Decided() || l.w.acknowledged[r.UID] {
			continue
		}
		number, _ := versionOf(r)
		if cursor := l.journal[r.Namespace].cursor; number < cursor && !undelivered(r) {
			return fmt.Errorf("%s of %s is undelivered at %d, and the cursor is %d", r.UID, r.Namespace, number, cursor)
		}
		if l.Delivered(r) {
			return fmt.Errorf("%s at %d is called delivered and is not", r.UID, number)
		}
	}
	return nil
}

// catchUp lets the handler meet everything.
func (l *life) catchUp() {
	for len(l.w.changes)+len(l.w.queue)+len(l.w.notices) > 0 || !l.synced {
		l.w.reflect()
		l.w.apply()
		l.handle()
	}
}

// calm lets everything catch up and acknowledges all.
func (l *life) calm() {
	l.catchUp()
	for len(l.tracker.pending) > 0 {
		l.finish(false)
	}
	l.settle()
	l.report()
}
