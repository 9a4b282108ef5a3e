package allocator

import (
	"testing"

	"k8s.io/utils/clock"

	v1 "github.com/acme/inventory-service/api/v1"
)

// A hold in flight is written into a Pending Reservation only. What a
// Reservation shows by now was decided already, or ended since.
func TestOnlyPendingIsFinished(t *testing.T) {
	for _, phase := range []v1.Phase{v1.PhaseReserved, v1.PhaseUnavailable, v1.PhaseReleased, v1.PhaseConsumed} {
		t.Run(string(phase), func(t *testing.T) {
			r := &v1.Reservation{Status: v1.ReservationStatus{Phase: phase}}
			s := &shard{Allocator: &Allocator{Options: Options{Clock: clock.RealClock{}}}}
			if s.finishHold(r, v1.InFlightHold{UID: "uid"}) || r.Status.Phase != phase {
				t.Errorf("it is to be written, as %s", r.Status.Phase)
			}
		})
	}
}
