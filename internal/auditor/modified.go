package auditor

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Vouch says that what an object shows at its status's position is what the journal says
// there: call it before each write of a status. Of each object the last few are remembered.
func (a *Auditor) Vouch(object client.Object) {
	if position, sum := shownBy(object); position != "" {
		a.writes.add(object.GetUID(), write{position, sum})
	}
}

// Modified is told of an object that does not show what it should, before it is written
// again: shown is the object as it was seen, want as it will be. It tells whether somebody
// else has changed it, and then keeps that as a difference that was put right. An audit
// would only see it if it came first.
//
// What this process wrote itself, however late it is seen, is told by its position: nobody
// else is accused unless this process wrote something else at that same position.
func (a *Auditor) Modified(ctx context.Context, shown, want client.Object) bool {
	position, sum := shownBy(shown)
	if position == "" || !a.writes.contradict(shown.GetUID(), write{position, sum}) {
		return false
	}
	found := between(shown, want)
	if len(found) == 0 {
		return false
	}
	namespace := shown.GetNamespace()
	log.FromContext(ctx).Info("the status of an object was changed by somebody else and is written again",
		"namespace", namespace, "found", Summary(found))
	repairs.WithLabelValues(found[0].Kind.String()).Add(float64(len(found)))
	if p := a.plan(namespace); p != nil {
		a.keep(namespace, p, found)
	}
	return true
}

// keep has it told what was put right outside of an audit, until the next one ends.
func (a *Auditor) keep(namespace string, p *plan, found []Difference) {
	kind, all := found[0].Kind.String(), p.modify(found)
	p.observed(func() { differencesFound.WithLabelValues(namespace, kind).Set(float64(len(all))) })
	a.tell(namespace, p, "", differ(result{found: all}, all))
	if a.Interval > 0 {
		p.dueBy(a.Clock.Now().Add(a.Pause))
	}
}

// between are the figures in which two versions of an object differ.
func between(shown, want client.Object) []Difference {
	c := &comparison{}
	switch is := want.(type) {
	case *v1.Reservation:
		c.kind, c.object = KindReservation, "Reservation "+is.Name
		if was, ok := shown.(*v1.Reservation); ok {
			compareStatus(c, &is.Status, &was.Status)
		}
	case *v1.StockItem:
		c.kind, c.object = KindItem, "StockItem "+is.Name
		if was, ok := shown.(*v1.StockItem); ok {
			compareItemStatus(c, &is.Status, &was.Status)
		}
	}
	return sorted(c.found)
}

// shownBy is what an object shows of the journal, and the position at which that is true.
func shownBy(object client.Object) (position string, sum uint64) {
	var shown any
	switch o := object.(type) {
	case *v1.Reservation:
		s := o.Status
		position, s.Position = s.Position, ""
		shown = []any{
			s.Phase, s.Reason, s.Units, s.OrderID, s.OutcomeID, s.RequestedBy, s.ReleasedBy, s.ConsumedBy, s.Allocations, s.UnavailableItems,
			micros(s.DecidedAt), micros(s.ReservedAt), seconds(s.ExpiresAt),
			conditionText(s.Conditions, v1.ConditionReserved), conditionText(s.Conditions, v1.ConditionComplete),
		}
	case *v1.StockItem:
		s := o.Status
		position = s.Position
		shown = []any{s.ObservedGeneration, s.OnHand, s.Reserved, s.Available, s.Consumed, s.Shortfall, s.Refused}
	}
	text, err := json.Marshal(shown)
	if err != nil {
		panic(err) // plain values are always JSON
	}
	return position, maphash.Bytes(seed, text)
}

// write is what a status showed at a position.
type write struct {
	position string
	sum      uint64
}

// writes remembers what this process wrote. The zero value is ready.
type writes struct {
	mu sync.Mutex
	// young and old are the same by age: once there are maxWritten young ones, they are the
	// old ones.
	young, old map[types.UID][]write
}

const (
	// maxWritten is how many objects are remembered at least, maxWrites how many writes of each.
	maxWritten, maxWrites = 20000, 8
)

func (w *writes) add(uid types.UID, is write) {
	w.mu.Lock()
	defer w.mu.Unlock()
	of := w.of(uid)
	for i, was := range of {
		if was.position == is.position {
			of[i] = is
			return
		}
	}
	if len(w.young) >= maxWritten && w.young[uid] == nil {
		w.young, w.old = nil, w.young
	}
	if w.young == nil {
		w.young = map[types.UID][]write{}
	}
	of = append(of[max(0, len(of)-maxWrites+1):len(of):len(of)], is)
	w.young[uid] = of
}

func (w *writes) of(uid types.UID) []write {
	if of := w.young[uid]; of != nil {
		return of
	}
	return w.old[uid]
}

// contradict tells whether this process wrote something else at the same position.
func (w *writes) contradict(uid types.UID, is write) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, was := range w.of(uid) {
		if was.position == is.position {
			return was.sum != is.sum
		}
	}
	return false
}
