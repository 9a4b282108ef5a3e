package outcome_test

import (
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/hack/bench/outcome"
)

func cart() *v1.Reservation {
	return &v1.Reservation{Spec: v1.ReservationSpec{CartID: "c", Items: []v1.ReservationItem{{ProductID: "p", Quantity: 2}}}}
}

// What is shown is told by the fields that clients of the operator look at.
func TestOutcomes(t *testing.T) {
	r := cart()
	outcome.Reserve(r, []v1.Allocation{{ProductID: "p", LocationID: "l", Quantity: 2}}, time.Hour)
	if s := r.Status; !r.WasReserved() || s.Phase != v1.PhaseReserved || s.Units != 2 || s.Allocations[0].Held() != 2 || s.OutcomeID == "" {
		t.Errorf("reserved: %+v", s)
	}
	if left := time.Until(r.Status.ExpiresAt.Time); left < 59*time.Minute || left > time.Hour {
		t.Errorf("it is held for %v", left)
	}
	before := r.Status.DeepCopy()
	outcome.Release(r)
	if s := r.Status; s.Phase != v1.PhaseReleased || s.Allocations[0].Held() != 0 || s.OutcomeID != before.OutcomeID || !s.DecidedAt.Equal(before.DecidedAt) || !s.ExpiresAt.Equal(before.ExpiresAt) {
		t.Errorf("released: %+v, before %+v", s, before)
	}
	r = cart()
	outcome.Refuse(r, v1.UnavailableItem{ProductID: "p", Requested: 2, Available: 1})
	if s := r.Status; !r.Decided() || r.WasReserved() || s.Phase != v1.PhaseUnavailable || s.UnavailableItems[0].Available != 1 {
		t.Errorf("refused: %+v", s)
	}
}
