package lifecycle

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Reserve makes a Pending Reservation Reserved with the hold that was decided
// for it. Whoever applies one hold writes the same status.
func Reserve(r *v1.Reservation, hold v1.InFlightHold) {
	s := &r.Status
	s.Phase = v1.PhaseReserved
	s.Reason = v1.ReasonAllocated
	// A copy, since an API client decodes its next answer into what it is given.
	s.Allocations = slices.Clone(hold.Allocations)
	s.DecidedAt = hold.ReservedAt.DeepCopy()
	s.ReservedAt = hold.ReservedAt.DeepCopy()
	s.ExpiresAt = hold.ExpiresAt.DeepCopy()
	freeze(r)
	set(r, v1.ConditionReserved, metav1.ConditionTrue, v1.ReasonAllocated, "all items are held", hold.ReservedAt.Time)
}

// Refuse makes a Pending Reservation Unavailable, which is final.
func Refuse(r *v1.Reservation, at time.Time, short []v1.UnavailableItem) {
	s := &r.Status
	decided := metav1.NewMicroTime(at)
	s.Phase = v1.PhaseUnavailable
	s.Reason = v1.ReasonInsufficientStock
	s.UnavailableItems = short
	s.DecidedAt = &decided
	freeze(r)
	message := fmt.Sprintf("%d of %d items cannot be served: see status.unavailableItems", len(short), len(r.Spec.Items))
	set(r, v1.ConditionReserved, metav1.ConditionFalse, v1.ReasonInsufficientStock, message, at)
	set(r, v1.ConditionComplete, metav1.ConditionTrue, v1.ReasonInsufficientStock, "the cart was refused", at)
}

// Free gives back all that a Pending or Reserved Reservation holds, which ends
// it: Consumed if some of its units were shipped before, else Released. The
// outcome, if there was one, stays as it was.
func Free(r *v1.Reservation, at time.Time) {
	reason, message := releaseReason(r)
	phase := v1.PhaseReleased
	if anyConsumed(r) {
		phase, message = v1.PhaseConsumed, "some units were shipped, the rest was given back: "+message
	}
	for i := range r.Status.Allocations {
		a := &r.Status.Allocations[i]
		a.Released += a.Held()
	}
	end(r, phase, reason, message, at)
}

func end(r *v1.Reservation, phase v1.Phase, reason, message string, at time.Time) {
	r.Status.Phase = phase
	r.Status.Reason = reason
	set(r, v1.ConditionReserved, metav1.ConditionFalse, reason, message, at)
	set(r, v1.ConditionComplete, metav1.ConditionTrue, reason, message, at)
}

func releaseReason(r *v1.Reservation) (reason, message string) {
	switch {
	case r.Spec.Intent == v1.IntentRelease && r.Spec.ReleaseReason != "":
		return string(r.Spec.ReleaseReason), "released on request"
	case r.Spec.Intent == v1.IntentRelease:
		return v1.ReasonReleased, "released on request"
	case r.CurrentPhase() == v1.PhasePending:
		return v1.ReasonReleased, "deleted before it was decided"
	default:
		return string(v1.ReleaseExpired), "the hold ran out"
	}
}

// freeze copies into the status what the outcome's event tells and the spec
// may still change.
func freeze(r *v1.Reservation) {
	r.Status.OrderID = r.Spec.OrderID
	r.Status.Units = 0
	for _, item := range r.Spec.Items {
		r.Status.Units += item.Quantity
	}
}

func set(r *v1.Reservation, kind string, status metav1.ConditionStatus, reason, message string, at time.Time) {
	meta.SetStatusCondition(&r.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.NewTime(at),
	})
}
