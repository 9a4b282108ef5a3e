package lifecycle

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
)

// What a fold took of a Reservation is shown once, however often and by whoever
// it is written: the leader, its successor, or a repetition of an old fold.
func TestConsumeShowsAFoldOnce(t *testing.T) {
	r := reservation(v1.PhasePending)
	Reserve(r, hold())
	one := []v1.Take{{LocationID: "a", ProductID: "p", Quantity: 1}}
	if !Consume(r, 4, one, nil, now) {
		t.Fatal("fold 4 is refused")
	}
	want := []v1.Allocation{
		{LocationID: "a", ProductID: "p", Quantity: 2, Consumed: 1, LastConsumed: 1},
		{LocationID: "b", ProductID: "q", Quantity: 3},
	}
	for _, fold := range []int64{4, 3} {
		if Consume(r, fold, one, nil, now) {
			t.Errorf("fold %d is shown after fold 4", fold)
		}
		if diff := cmp.Diff(want, r.Status.Allocations); diff != "" {
			t.Errorf("after fold %d (-want +got):\n%s", fold, diff)
		}
	}
}
