package lifecycle

import (
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Action is what is due for a Reservation.
type Action int

const (
	// None says that nothing is due, now or later.
	None Action = iota
	// Decide says that it is Pending and wants an outcome.
	Decide
	// Ship says that units of it were shipped and are to be consumed.
	Ship
	// GiveBack says that its owner wants some of its units back on sale.
	GiveBack
	// Release says that its owner wants the units back on sale, or wants no decision.
	Release
	// Expire says that its hold ran out.
	Expire
	// Await says that it will expire after the returned time.
	Await
)

// Due says what to do for a Reservation at this moment and, with Await, after
// how long to ask again. It reads this version only: the write that follows
// must fail if there is a newer one, so that a Consume or Release that was
// written in time always beats the expiry.
func Due(r *v1.Reservation, now time.Time) (Action, time.Duration) {
	switch r.CurrentPhase() {
	case v1.PhasePending:
		if r.Spec.Intent == v1.IntentRelease || r.DeletionTimestamp != nil {
			return Release, 0
		}
		return Decide, 0
	case v1.PhaseReserved:
		return dueReserved(r, now)
	default:
		return None, 0
	}
}

// dueReserved looks at what was shipped first: nothing may take back the units
// of a shipment that was declared in time.
func dueReserved(r *v1.Reservation, now time.Time) (Action, time.Duration) {
	if len(Takes(r)) > 0 {
		return Ship, 0
	}
	if r.Spec.Intent == v1.IntentRelease {
		return Release, 0
	}
	if len(gives(r)) > 0 {
		return GiveBack, 0
	}
	if r.Spec.Intent == v1.IntentConsume || r.Status.ExpiresAt == nil {
		return None, 0
	}
	if left := r.Status.ExpiresAt.Sub(now); left > 0 {
		return Await, left
	}
	return Expire, 0
}
