package outcomes

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	v1 "github.com/acme/inventory-service/api/v1"
)

// DeletedError says that a Reservation was deleted while it was waited for.
type DeletedError struct {
	// Key is the Reservation's namespace and name.
	Key types.NamespacedName
}

// Error says what was deleted.
func (e *DeletedError) Error() string {
	return fmt.Sprintf("reservation %s was deleted while its outcome was waited for", e.Key)
}

// Subscription gathers what is announced of one Reservation. It keeps the newest
// state alone, so that an announcer never waits for it. One goroutine may use it.
type Subscription struct {
	board *Board
	key   types.NamespacedName
	// changed holds a token when there is news since the last look.
	changed chan struct{}

	mu      sync.Mutex
	latest  *v1.Reservation
	deleted bool
}

// Wait returns the first state of a Reservation that done accepts, or the one that
// was announced last. The state seen is what the caller's own write or read was
// answered with; it counts like an announcement, and from then on only this
// Reservation counts and no other one of its name.
//
// The error is a *DeletedError if the Reservation is gone without a state that
// done accepts, or why the context ended; then the newest known state comes with
// it. What done is given must not be changed.
func (s *Subscription) Wait(ctx context.Context, seen *v1.Reservation, done func(*v1.Reservation) bool) (*v1.Reservation, error) {
	s.offer(seen, false)
	for {
		latest, deleted := s.state()
		switch {
		case latest.UID == seen.UID && done(latest):
			return latest, nil
		case deleted || latest.UID != seen.UID:
			return seen, &DeletedError{Key: s.key}
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
			return latest, fmt.Errorf("waiting for reservation %s: %w", s.key, context.Cause(ctx))
		}
	}
}

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() { s.board.remove(s) }

func (s *Subscription) state() (latest *v1.Reservation, deleted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest, s.deleted
}

// offer takes notice of a state unless it is older than the one known. A deletion
// counts for its own uid whatever its resourceVersion is: an informer that missed
// it tells it with an old object.
func (s *Subscription) offer(r *v1.Reservation, deleted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.latest == nil:
	case s.latest.UID == r.UID && s.deleted:
		return
	case s.latest.UID == r.UID && deleted:
		if newer(s.latest, r) {
			r = s.latest
		}
	case !newer(r, s.latest):
		return
	}
	s.latest, s.deleted = r, deleted
	select {
	case s.changed <- struct{}{}:
	default: // there is news already
	}
}

// newer tells whether a is a later state than b. Resource versions of one kind
// are ordered, across objects too; one that is not well formed is older than any.
func newer(a, b *v1.Reservation) bool {
	order, err := resourceversion.CompareResourceVersion(a.ResourceVersion, b.ResourceVersion)
	if err != nil {
		_, err = resourceversion.CompareResourceVersion(a.ResourceVersion, a.ResourceVersion)
		return err == nil
	}
	return order > 0
}
