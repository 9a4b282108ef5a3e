package lifecycle

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// reservation is one in a phase, changed as given.
func reservation(phase v1.Phase, changes ...func(*v1.Reservation)) *v1.Reservation {
	r := &v1.Reservation{
		Spec: v1.ReservationSpec{
			CartID: "cart", Intent: v1.IntentHold,
			Items: []v1.ReservationItem{{ProductID: "p", Quantity: 2}, {ProductID: "q", Quantity: 3}},
		},
		Status: v1.ReservationStatus{Phase: phase},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

func intends(intent v1.Intent) func(*v1.Reservation) {
	return func(r *v1.Reservation) { r.Spec.Intent = intent }
}

func because(reason v1.ReleaseReason) func(*v1.Reservation) {
	return func(r *v1.Reservation) { r.Spec.ReleaseReason = reason }
}

func expires(at time.Time) func(*v1.Reservation) {
	return func(r *v1.Reservation) { r.Status.ExpiresAt = &metav1.Time{Time: at} }
}

func deleted(r *v1.Reservation) { r.DeletionTimestamp = &metav1.Time{Time: now} }

func TestDue(t *testing.T) {
	later, earlier := now.Add(90*time.Second), now.Add(-time.Nanosecond)
	cases := map[string]struct {
		r     *v1.Reservation
		want  Action
		after time.Duration
	}{
		"new, without a status":            {reservation(""), Decide, 0},
		"pending":                          {reservation(v1.PhasePending), Decide, 0},
		"pending, released":                {reservation(v1.PhasePending, intends(v1.IntentRelease)), Release, 0},
		"pending, being deleted":           {reservation(v1.PhasePending, deleted), Release, 0},
		"pending, with an old expiry":      {reservation(v1.PhasePending, expires(earlier)), Decide, 0},
		"reserved":                         {reservation(v1.PhaseReserved, expires(later)), Await, 90 * time.Second},
		"reserved, intent left out":        {reservation(v1.PhaseReserved, expires(later), intends("")), Await, 90 * time.Second},
		"reserved, expiring this instant":  {reservation(v1.PhaseReserved, expires(now)), Expire, 0},
		"reserved, expired":                {reservation(v1.PhaseReserved, expires(earlier)), Expire, 0},
		"reserved, without an expiry":      {reservation(v1.PhaseReserved), None, 0},
		"reserved, released":               {reservation(v1.PhaseReserved, expires(later), intends(v1.IntentRelease)), Release, 0},
		"reserved, expired and released":   {reservation(v1.PhaseReserved, expires(earlier), intends(v1.IntentRelease)), Release, 0},
		"reserved, consume beats expiry":   {reservation(v1.PhaseReserved, expires(earlier), intends(v1.IntentConsume)), None, 0},
		"reserved holds while terminating": {reservation(v1.PhaseReserved, expires(later), deleted), Await, 90 * time.Second},
		"unavailable":                      {reservation(v1.PhaseUnavailable), None, 0},
		"unavailable, released":            {reservation(v1.PhaseUnavailable, intends(v1.IntentRelease)), None, 0},
		"released":                         {reservation(v1.PhaseReleased, expires(earlier)), None, 0},
		"consumed":                         {reservation(v1.PhaseConsumed, expires(earlier)), None, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			action, after := Due(tc.r, now)
			if action != tc.want || after != tc.after {
				t.Errorf("due is %d after %s, want %d after %s", action, after, tc.want, tc.after)
			}
		})
	}
}
