package v1_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// What a Reservation tells about its outcome, at every stage of its life.
func TestOutcome(t *testing.T) {
	at := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC))
	tests := map[string]struct {
		status                       v1.ReservationStatus
		phase                        v1.Phase
		decided, wasReserved, ending bool
	}{
		"made":                {v1.ReservationStatus{}, v1.PhasePending, false, false, false},
		"pending":             {v1.ReservationStatus{Phase: v1.PhasePending}, v1.PhasePending, false, false, false},
		"reserved":            {v1.ReservationStatus{Phase: v1.PhaseReserved, DecidedAt: &at, ReservedAt: &at}, v1.PhaseReserved, true, true, false},
		"unavailable":         {v1.ReservationStatus{Phase: v1.PhaseUnavailable, DecidedAt: &at}, v1.PhaseUnavailable, true, false, true},
		"released":            {v1.ReservationStatus{Phase: v1.PhaseReleased, DecidedAt: &at, ReservedAt: &at}, v1.PhaseReleased, true, true, true},
		"released undecided":  {v1.ReservationStatus{Phase: v1.PhaseReleased}, v1.PhaseReleased, false, false, true},
		"reserved and sold":   {v1.ReservationStatus{Phase: v1.PhaseConsumed, DecidedAt: &at, ReservedAt: &at}, v1.PhaseConsumed, true, true, true},
		"decided, no phase":   {v1.ReservationStatus{DecidedAt: &at}, v1.PhasePending, true, false, false},
		"unknown phase stays": {v1.ReservationStatus{Phase: "Elsewhere"}, "Elsewhere", false, false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := v1.Reservation{Status: tt.status}
			if got := r.CurrentPhase(); got != tt.phase {
				t.Errorf("CurrentPhase() = %s, want %s", got, tt.phase)
			}
			if got := r.Decided(); got != tt.decided {
				t.Errorf("Decided() = %t, want %t", got, tt.decided)
			}
			if got := r.WasReserved(); got != tt.wasReserved {
				t.Errorf("WasReserved() = %t, want %t", got, tt.wasReserved)
			}
			if got := r.CurrentPhase().Final(); got != tt.ending {
				t.Errorf("Final() = %t, want %t", got, tt.ending)
			}
		})
	}
}

// What is neither shipped nor given back is held.
func TestHeld(t *testing.T) {
	for want, a := range map[int64]v1.Allocation{
		5: {Quantity: 5},
		2: {Quantity: 5, Consumed: 2, Released: 1},
		0: {Quantity: 5, Consumed: 5},
	} {
		if got := a.Held(); got != want {
			t.Errorf("%+v holds %d, want %d", a, got, want)
		}
	}
}
