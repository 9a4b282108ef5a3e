package controllers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// ShowMode says which carts that came through the bridge get an object.
type ShowMode string

const (
	// ShowHeld shows those that hold units, and what becomes of them. It is the default.
	ShowHeld ShowMode = "held"
	// ShowAll shows refused carts as well.
	ShowAll ShowMode = "all"
	// ShowNone shows none.
	ShowNone ShowMode = "none"
)

// Showing says which carts that came through the bridge get an object, and for how long.
// Whatever it says, one whose outcome the sink refuses gets an object that says so.
type Showing struct {
	// Mode is ShowHeld where it is empty.
	Mode ShowMode
	// Max is how many of these objects a namespace has, about; 0 is no bound. At the bound
	// those go first whose carts have ended.
	Max int
	// Retention is how long one is kept once its cart has ended; 0 is as long as any other.
	Retention time.Duration
}

// wants tells whether a cart is to have an object that it does not have yet.
func (s Showing) wants(r *stock.Reservation) bool {
	switch s.Mode {
	case ShowNone:
		return false
	case ShowAll:
		return true
	default:
		return !r.Phase.Ended()
	}
}

// Demand has the object made that shows a command's reservation, whatever else is shown. It
// does not wait.
func (q *Queue) Demand(namespace string, id stock.ID) {
	key := types.NamespacedName{Namespace: namespace, Name: string(id)}
	q.demanded.set(key, true)
	q.views.look(key)
}

// toBeMade tells whether an object is to be made now.
func (p pass) toBeMade(now recorded) bool {
	switch {
	case !unseen(now.Reservation), p.retired(now):
		return false
	case p.making.has(p.key):
		return false // it was made, which the journal does not know yet: it may be deleted again
	case p.Queue.demanded.has(p.key):
		return true
	case !p.Queue.showing.wants(now.Reservation):
		return false
	}
	return p.takePlace()
}

// takePlace takes one of the places that Showing has, if there is one. It is taken until the
// journal knows the object.
func (p pass) takePlace() bool {
	making, _ := p.making.set(p.key, true)
	if p.Queue.showing.Max == 0 || shownCommands(p.runner)+making <= p.Queue.showing.Max {
		return true
	}
	p.making.set(p.key, false)
	p.crowded.set(types.NamespacedName{Namespace: p.key.Namespace}, true)
	return false
}

func shownCommands(runner *allocator.Runner) (n int) {
	runner.Read(func(s *stock.State, _ *journal.Log) { n = s.ShownCommands() })
	return n
}

const (
	// roomEvery is how often room is looked for in a namespace that is at the bound of Showing.
	roomEvery = time.Second
	// roomRest is how many times as long as a look took none follows: one looks at all
	// reservations, and meanwhile nothing is decided.
	roomRest = 50
)

// keepRoom makes room for objects that wait at the bound, until ctx ends.
func (r *ReservationReconciler) keepRoom(ctx context.Context, namespace string, runner *allocator.Runner) {
	key := types.NamespacedName{Namespace: namespace}
	for began := time.Now(); sleep(ctx, max(roomEvery, roomRest*time.Since(began))); {
		if began = time.Now(); r.crowded.has(key) {
			r.crowded.set(key, r.makeRoom(ctx, namespace, runner) > 0)
		}
	}
}

// makeRoom queues the objects for which there is room, and for those for which there is none
// the deletion of as many whose carts have ended; those that have waited longest come
// first. It returns how many wait.
func (r *ReservationReconciler) makeRoom(ctx context.Context, namespace string, runner *allocator.Runner) int {
	waiting, ended := r.unshownAndEnded(runner)
	room := min(max(0, r.Queue.showing.Max-shownCommands(runner)), len(waiting))
	surplus := ended[:min(len(ended), len(waiting)-room)]
	for _, e := range surplus {
		r.surplus.set(client.ObjectKey{Namespace: namespace, Name: view.Name(e)}, true)
	}
	r.Queue.add(ctx, namespace, viewPriority, slices.Concat(waiting[:room], surplus))
	return len(waiting)
}

// unshownAndEnded are the carts that wait for an object, and those that have one and need it
// no more, each in the order in which they were decided or ended.
func (r *ReservationReconciler) unshownAndEnded(runner *allocator.Runner) (unshown, ended []*stock.Reservation) {
	runner.Read(func(s *stock.State, _ *journal.Log) {
		published := s.Marks().Published
		for known := range s.Kept() {
			switch {
			case !view.OfBridge(known):
			case unseen(known) && r.Queue.showing.wants(known):
				unshown = append(unshown, known)
			case known.Phase.Ended() && known.Object.UID != "" && known.Number <= published:
				ended = append(ended, known)
			}
		}
	})
	slices.SortFunc(unshown, func(a, b *stock.Reservation) int { return cmp.Compare(a.Number, b.Number) })
	slices.SortFunc(ended, func(a, b *stock.Reservation) int { return cmp.Compare(a.Ended, b.Ended) })
	return unshown, ended
}
