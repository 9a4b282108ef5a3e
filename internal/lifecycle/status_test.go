package lifecycle

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

var (
	decidedAt = metav1.NewMicroTime(now)
	expiresAt = metav1.NewTime(now.Add(15 * time.Minute).Truncate(time.Second))
	allocated = []v1.Allocation{
		{LocationID: "a", ProductID: "p", Quantity: 2}, {LocationID: "b", ProductID: "q", Quantity: 3},
	}
)

func hold() v1.InFlightHold {
	return v1.InFlightHold{
		UID: "uid", Name: "r", ReservedAt: decidedAt, ExpiresAt: expiresAt,
		Allocations: append([]v1.Allocation{}, allocated...),
	}
}

func ordered(r *v1.Reservation) { r.Spec.OrderID = "order" }

// fenced: the Reservation was touched when a ledger was rebuilt.
func fenced(r *v1.Reservation) { r.Status.Fence = "ledger/2" }

func is(kind string, status metav1.ConditionStatus, reason, message string, at time.Time) metav1.Condition {
	return metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.NewTime(at),
	}
}

// reserved is the status of a Reservation that got its hold.
func reserved(orderID string) v1.ReservationStatus {
	return v1.ReservationStatus{
		Phase: v1.PhaseReserved, Reason: "Allocated", Units: 5, Allocations: allocated, OrderID: orderID,
		DecidedAt: &decidedAt, ReservedAt: &decidedAt, ExpiresAt: &expiresAt,
		Conditions: []metav1.Condition{is("Reserved", "True", "Allocated", "all items are held", now)},
	}
}

func TestReserve(t *testing.T) {
	cases := map[string]struct {
		r    *v1.Reservation
		want v1.ReservationStatus
	}{
		"with an order":    {reservation(v1.PhasePending, ordered), reserved("order")},
		"without an order": {reservation(""), reserved("")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			Reserve(tc.r, hold())
			if diff := cmp.Diff(tc.want, tc.r.Status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("the fence stays", func(t *testing.T) {
		r := reservation(v1.PhasePending, fenced)
		Reserve(r, hold())
		if r.Status.Fence != "ledger/2" {
			t.Errorf("fence is %q", r.Status.Fence)
		}
	})
}

// Two processes may write the same hold, and one hold may be answered to two
// callers, each of whom decodes the API server's answer into its own object.
func TestReserveSharesNothingWithTheHold(t *testing.T) {
	given, r := hold(), reservation(v1.PhasePending)
	Reserve(r, given)
	r.Status.Allocations[0].Quantity = 99
	r.Status.DecidedAt.Time = now.Add(time.Hour)
	r.Status.ExpiresAt.Time = now.Add(time.Hour)
	if diff := cmp.Diff(hold(), given); diff != "" {
		t.Errorf("the hold changed with the Reservation (-want +got):\n%s", diff)
	}
}

func TestRefuse(t *testing.T) {
	short := []v1.UnavailableItem{{ProductID: "q", Requested: 3, Available: 1}}
	r := reservation(v1.PhasePending, ordered)
	Refuse(r, now, short)
	want := v1.ReservationStatus{
		Phase: v1.PhaseUnavailable, Reason: "InsufficientStock", Units: 5, OrderID: "order",
		UnavailableItems: short, DecidedAt: &decidedAt,
		Conditions: []metav1.Condition{
			is("Reserved", "False", "InsufficientStock", "1 of 2 items cannot be served: see status.unavailableItems", now),
			is("Complete", "True", "InsufficientStock", "the cart was refused", now),
		},
	}
	if diff := cmp.Diff(want, r.Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if !r.Decided() || r.WasReserved() {
		t.Errorf("decided %t, was reserved %t", r.Decided(), r.WasReserved())
	}
}

// A release ends the hold and leaves the outcome, which the event tells, as it
// was.
func TestFree(t *testing.T) {
	at := now.Add(time.Minute)
	afterwards := func(reason, message string) v1.ReservationStatus {
		s := reserved("order")
		s.Phase, s.Reason = v1.PhaseReleased, reason
		s.Allocations = slices.Clone(s.Allocations)
		for i := range s.Allocations {
			s.Allocations[i].Released = s.Allocations[i].Quantity
		}
		s.Conditions = []metav1.Condition{
			is("Reserved", "False", reason, message, at), is("Complete", "True", reason, message, at),
		}
		return s
	}
	undecided := func(reason, message string) v1.ReservationStatus {
		s := afterwards(reason, message)
		return v1.ReservationStatus{Phase: s.Phase, Reason: s.Reason, Conditions: s.Conditions}
	}
	cases := map[string]struct {
		changes []func(*v1.Reservation)
		pending bool
		want    v1.ReservationStatus
	}{
		"expired": {want: afterwards("EXPIRED", "the hold ran out")},
		"released for a reason": {
			changes: []func(*v1.Reservation){intends(v1.IntentRelease), because(v1.ReleaseCheckoutFailed)},
			want:    afterwards("CHECKOUT_FAILED", "released on request"),
		},
		"released without a reason": {
			changes: []func(*v1.Reservation){intends(v1.IntentRelease)},
			want:    afterwards("Released", "released on request"),
		},
		"released after the order was renamed in the spec": {
			changes: []func(*v1.Reservation){func(r *v1.Reservation) { r.Spec.OrderID = "later" }},
			want:    afterwards("EXPIRED", "the hold ran out"),
		},
		"released before it was decided": {
			pending: true, changes: []func(*v1.Reservation){intends(v1.IntentRelease), because(v1.ReleaseOrderCancelled)},
			want: undecided("ORDER_CANCELLED", "released on request"),
		},
		"deleted before it was decided": {
			pending: true, changes: []func(*v1.Reservation){deleted},
			want: undecided("Released", "deleted before it was decided"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := reservation(v1.PhasePending, ordered)
			if !tc.pending {
				Reserve(r, hold())
			}
			for _, change := range tc.changes {
				change(r)
			}
			Free(r, at)
			if diff := cmp.Diff(tc.want, r.Status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}
