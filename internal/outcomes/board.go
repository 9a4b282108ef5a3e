package outcomes

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Board passes changes of Reservations to those who wait for them. Its methods
// may be called from any goroutine.
type Board struct {
	mu sync.RWMutex
	// waiting holds no key without a subscription.
	waiting map[types.NamespacedName]map[*Subscription]struct{}
}

// NewBoard returns a Board nobody waits at.
func NewBoard() *Board {
	return &Board{waiting: map[types.NamespacedName]map[*Subscription]struct{}{}}
}

// Announce tells a Reservation's state as the API server has answered it. Nobody
// takes notice of a state that is older than one they know.
func (b *Board) Announce(r *v1.Reservation) { b.tell(r, false) }

// AnnounceDeleted tells that a Reservation is gone; r is its last known state.
func (b *Board) AnnounceDeleted(r *v1.Reservation) { b.tell(r, true) }

func (b *Board) tell(r *v1.Reservation, deleted bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	waiting := b.waiting[client.ObjectKeyFromObject(r)]
	if len(waiting) == 0 {
		return
	}
	// A copy, since an announcer may go on to write its own next state into r, and
	// nobody may hear of that before the API server has taken it.
	told := r.DeepCopy()
	for s := range waiting {
		s.offer(told, deleted)
	}
}

// Watch subscribes to a Reservation, which need not exist. The caller owes the
// Subscription a Close.
func (b *Board) Watch(key types.NamespacedName) *Subscription {
	s := &Subscription{board: b, key: key, changed: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting[key] == nil {
		b.waiting[key] = map[*Subscription]struct{}{}
	}
	b.waiting[key][s] = struct{}{}
	return s
}

// Waiting is the number of open subscriptions.
func (b *Board) Waiting() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	n := 0
	for _, subscriptions := range b.waiting {
		n += len(subscriptions)
	}
	return n
}

func (b *Board) remove(s *Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.waiting[s.key], s)
	if len(b.waiting[s.key]) == 0 {
		delete(b.waiting, s.key)
	}
}
