package controllers

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
)

var (
	decidedAt = metav1.NewMicroTime(now)
	expiresAt = metav1.NewTime(now.Add(15 * time.Minute))
	allocated = []v1.Allocation{
		{LocationID: "a", ProductID: "p", Quantity: 2}, {LocationID: "b", ProductID: "q", Quantity: 3},
	}
	short = []v1.UnavailableItem{{ProductID: "q", Requested: 3, Available: 1}}
)

type answer = func(*v1.Reservation) (allocator.Decision, error)

func held(r *v1.Reservation) (allocator.Decision, error) {
	return allocator.Decision{Hold: &v1.InFlightHold{
		UID: r.UID, Name: r.Name, ReservedAt: decidedAt, ExpiresAt: expiresAt, Allocations: allocated,
	}}, nil
}

func refused(*v1.Reservation) (allocator.Decision, error) {
	return allocator.Decision{Short: short, At: now}, nil
}

func superseded(*v1.Reservation) (allocator.Decision, error) {
	return allocator.Decision{Superseded: true}, nil
}

// outcome is what matters of a status; times come back in the local zone.
type outcome struct {
	Phase       v1.Phase
	Reason      string
	Decided     bool
	Reserved    bool
	Expires     bool
	Units       int64
	OrderID     string
	Allocations []v1.Allocation
	Unavailable []v1.UnavailableItem
	// Conditions are type=status.
	Conditions []string
}

func outcomeOf(r *v1.Reservation) outcome {
	o := outcome{
		Phase: r.CurrentPhase(), Reason: r.Status.Reason, Decided: r.Decided(), Reserved: r.WasReserved(),
		Expires: r.Status.ExpiresAt != nil, Units: r.Status.Units, OrderID: r.Status.OrderID,
		Allocations: r.Status.Allocations, Unavailable: r.Status.UnavailableItems,
	}
	for _, c := range r.Status.Conditions {
		o.Conditions = append(o.Conditions, c.Type+"="+string(c.Status))
	}
	return o
}

var (
	reservedOutcome = outcome{
		Phase: v1.PhaseReserved, Reason: "Allocated", Decided: true, Reserved: true, Expires: true, Units: 5,
		Allocations: allocated, Conditions: []string{"Reserved=True"},
	}
	refusedOutcome = outcome{
		Phase: v1.PhaseUnavailable, Reason: "InsufficientStock", Decided: true, Units: 5,
		Unavailable: short, Conditions: []string{"Reserved=False", "Complete=True"},
	}
	withdrawnOutcome = outcome{
		Phase: v1.PhaseReleased, Reason: "ORDER_CANCELLED", Conditions: []string{"Reserved=False", "Complete=True"},
	}
)

func ordered(o outcome) outcome { o.OrderID = "order"; return o }

// Somebody writes between the decision and its commit: the reconciler reads
// again, and what it had made of the version before leaves no trace.
func TestDecideAgainstRealConflicts(t *testing.T) {
	order := func(r *v1.Reservation) { r.Spec.OrderID = "order" }
	release := func(r *v1.Reservation) {
		r.Spec.Intent, r.Spec.ReleaseReason = v1.IntentRelease, v1.ReleaseOrderCancelled
	}
	cases := map[string]struct {
		// edits happen while the decision of the same place is asked for.
		edits   []func(*v1.Reservation)
		answers []answer
		want    outcome
		seen    []v1.Phase
	}{
		"held":    {answers: []answer{held}, want: reservedOutcome, seen: []v1.Phase{v1.PhaseReserved}},
		"refused": {answers: []answer{refused}, want: refusedOutcome, seen: []v1.Phase{v1.PhaseUnavailable}},
		"held, ordered meanwhile, held": {
			edits: []func(*v1.Reservation){order}, answers: []answer{held, held},
			want: ordered(reservedOutcome), seen: []v1.Phase{v1.PhasePending, v1.PhaseReserved},
		},
		"held, released meanwhile": {
			edits: []func(*v1.Reservation){release}, answers: []answer{held},
			want: withdrawnOutcome, seen: []v1.Phase{v1.PhasePending, v1.PhaseReleased},
		},
		"refused, released meanwhile": {
			edits: []func(*v1.Reservation){release}, answers: []answer{refused},
			want: withdrawnOutcome, seen: []v1.Phase{v1.PhasePending, v1.PhaseReleased},
		},
		"refused, ordered meanwhile, held": {
			edits: []func(*v1.Reservation){order}, answers: []answer{refused, held},
			want: ordered(reservedOutcome), seen: []v1.Phase{v1.PhasePending, v1.PhaseReserved},
		},
		"held, ordered meanwhile, refused": {
			edits: []func(*v1.Reservation){order}, answers: []answer{held, refused},
			want: ordered(refusedOutcome), seen: []v1.Phase{v1.PhasePending, v1.PhaseUnavailable},
		},
		"superseded": {answers: []answer{superseded}, want: outcome{Phase: v1.PhasePending}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := apiClient(t)
			made := pending(t, c)
			var answers []answer
			for i, give := range tc.answers {
				answers = append(answers, func(r *v1.Reservation) (allocator.Decision, error) {
					if i < len(tc.edits) {
						change(t, c, r.Name, tc.edits[i])
					}
					return give(r)
				})
			}
			r, d := reconciler(t, c, answers...)
			if result, err := r.Reconcile(t.Context(), requestFor(made)); err != nil || result != (ctrl.Result{}) {
				t.Errorf("result %+v, error %v", result, err)
			}
			if diff := cmp.Diff(tc.want, outcomeOf(read(t, c, made.Name)), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.seen, d.seen, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the allocator was shown (-want +got):\n%s", diff)
			}
		})
	}
}

// A Reservation that was deleted and made again under its name while the old
// one was decided is another one: it is asked for anew.
func TestDecideAnotherOfTheSameName(t *testing.T) {
	c := apiClient(t)
	first := pending(t, c)
	var second *v1.Reservation
	r, _ := reconciler(t, c,
		func(r *v1.Reservation) (allocator.Decision, error) {
			if err := c.Delete(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			second = pending(t, c)
			return held(r)
		},
		func(r *v1.Reservation) (allocator.Decision, error) {
			if r.UID != second.UID {
				t.Errorf("asks for uid %s, want %s", r.UID, second.UID)
			}
			return refused(r)
		})
	if _, err := r.Reconcile(t.Context(), requestFor(first)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(refusedOutcome, outcomeOf(read(t, c, "r")), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
}

func TestDecideWithoutADecision(t *testing.T) {
	c := apiClient(t)
	made := pending(t, c)
	failed := errors.New("stopped")
	r, _ := reconciler(t, c, func(*v1.Reservation) (allocator.Decision, error) { return allocator.Decision{}, failed })
	if _, err := r.Reconcile(t.Context(), requestFor(made)); !errors.Is(err, failed) {
		t.Errorf("error is %v, want %v", err, failed)
	}
	if got := read(t, c, made.Name); got.CurrentPhase() != v1.PhasePending {
		t.Errorf("phase is %s", got.CurrentPhase())
	}
}

func TestReservationGone(t *testing.T) {
	c := apiClient(t)
	made := pending(t, c)
	r, d := reconciler(t, c, func(r *v1.Reservation) (allocator.Decision, error) {
		if err := c.Delete(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		return held(r)
	})
	for range 2 { // deleted during the decision, then long gone
		if result, err := r.Reconcile(t.Context(), requestFor(made)); err != nil || result != (ctrl.Result{}) {
			t.Errorf("result %+v, error %v", result, err)
		}
	}
	if len(d.seen) > 0 {
		t.Errorf("the allocator was shown %v", d.seen)
	}
}

// Through a whole life: held until its time, then released, kept, and deleted.
func TestReservationLife(t *testing.T) {
	c := apiClient(t)
	made := pending(t, c)
	r, _ := reconciler(t, c, held)
	clock := clocktesting.NewFakePassiveClock(now)
	delivered := false
	r.Clock = clock
	r.Retention = Retention{After: time.Hour, Delivered: func(*v1.Reservation) bool { return delivered }, Clock: clock}
	reconcile := func(at time.Time) ctrl.Result {
		t.Helper()
		clock.SetTime(at)
		result, err := r.Reconcile(t.Context(), requestFor(made))
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	reconcile(now)
	early := expiresAt.Add(-time.Minute)
	if got := reconcile(early); got.RequeueAfter != time.Minute {
		t.Errorf("a minute before its end it comes back after %s", got.RequeueAfter)
	}
	reconcile(expiresAt.Time)
	want := reservedOutcome
	want.Phase, want.Reason, want.Conditions = v1.PhaseReleased, "EXPIRED", []string{"Reserved=False", "Complete=True"}
	want.Allocations = slices.Clone(want.Allocations)
	for i := range want.Allocations {
		want.Allocations[i].Released = want.Allocations[i].Quantity
	}
	if diff := cmp.Diff(want, outcomeOf(read(t, c, "r"))); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	if got := reconcile(expiresAt.Add(10 * time.Minute)); got.RequeueAfter != 0 {
		t.Errorf("10 minutes after its end it comes back after %s, not by a sweep", got.RequeueAfter)
	}
	if got := reconcile(expiresAt.Add(59 * time.Minute)); got.RequeueAfter != time.Minute {
		t.Errorf("59 minutes after its end it comes back after %s", got.RequeueAfter)
	}
	if got := reconcile(expiresAt.Add(time.Hour)); got.RequeueAfter != 0 {
		t.Errorf("undelivered, it comes back after %s, not by a sweep", got.RequeueAfter)
	}
	delivered = true
	reconcile(expiresAt.Add(time.Hour))
	if err := c.Get(t.Context(), requestFor(made).NamespacedName, made); err == nil {
		t.Error("it is still there after its retention")
	}
}
