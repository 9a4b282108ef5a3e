package e2e

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

func TestReservationFromKubectl(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("mug", "mug", "amsterdam", 5)

	w.Reservation("first", testbed.Line("mug", 3))
	r := w.AwaitPhase("first", v1.PhaseReserved)
	if r.Status.Units != 3 || r.Status.ReservedAt == nil || r.Status.ExpiresAt == nil {
		t.Errorf("the status is not complete: %+v", r.Status)
	}
	w.Reservation("second", testbed.Line("mug", 3))
	r = w.AwaitPhase("second", v1.PhaseUnavailable)
	want := v1.UnavailableItem{ProductID: "mug", Requested: 3, Available: 2}
	if len(r.Status.UnavailableItems) != 1 || r.Status.UnavailableItems[0] != want {
		t.Errorf("the unavailable items are %+v", r.Status.UnavailableItems)
	}
	w.Settle()
}

// TestReleaseBeforeDecision: a Reservation that is released while nobody decides
// never becomes Reserved.
func TestReleaseBeforeDecision(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Declare("mug", "mug", "amsterdam", 5)
	r := w.Reservation("early", testbed.Line("mug", 1))
	r.Spec.Intent = v1.IntentRelease
	w.Must(w.Client.Update(w.Context(), r))
	w.Operate()
	got := w.AwaitPhase("early", v1.PhaseReleased)
	if got.Decided() {
		t.Errorf("it has an outcome: %+v", got.Status)
	}
	w.Settle()
}

func TestExpiryAndRetention(t *testing.T) {
	w := testbed.NewWorld(t)
	seen := w.Observe(map[string]int64{}) // each version: an object may be gone before anybody asks for it
	w.Operate("--default-hold", "1s", "--retention", "1s")
	w.Stock("mug", "mug", "amsterdam", 1)
	w.Reservation("kept", testbed.Line("mug", 1))
	w.AwaitPhase("kept", v1.PhaseReleased)
	w.Reservation("brief", testbed.Line("mug", 1))
	w.Patch("brief", `{"metadata":{"annotations":{"inventory.acme.com/delete-after-completion":"true"}}}`)
	var r *v1.Reservation
	seen.Await("that brief is gone", func() bool {
		for _, gone := range seen.Gone {
			if gone.Name == "brief" {
				r = gone
			}
		}
		return r != nil
	})
	if r.Status.Phase != v1.PhaseReleased || r.Status.ReservedAt == nil {
		t.Fatalf("it went as %+v", r.Status)
	}
	if r.Status.Reason != string(v1.ReleaseExpired) {
		t.Errorf("the reason is %q", r.Status.Reason)
	}
	if held := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionReserved).LastTransitionTime.Sub(r.Status.ReservedAt.Time); held < 0 {
		t.Errorf("it expired %s before it was due", -held)
	}
	w.Settle()
	// What a person or Git made is theirs to delete: Git would make it, and sell it, again.
	w.AwaitPhase("kept", v1.PhaseReleased)
	w.Reservation("next", testbed.Line("mug", 1))
	w.AwaitReservation("next", func(r *v1.Reservation) bool { return r.Status.ReservedAt != nil }) // it may be over by now
}

// TestDeletionReleases: the units of a deleted Reservation are sold again.
func TestDeletionReleases(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("mug", "mug", "amsterdam", 1)
	r := w.Reservation("first", testbed.Line("mug", 1))
	w.AwaitPhase("first", v1.PhaseReserved)
	w.Must(w.Client.Delete(w.Context(), r))
	w.Settle()
	w.Reservation("second", testbed.Line("mug", 1))
	w.AwaitPhase("second", v1.PhaseReserved)
	w.Settle()
}

// TestSpecChanges: a delivery is sold from, and a cut below the promises shows as
// a shortfall and breaks no promise.
func TestSpecChanges(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	w.Stock("mug", "mug", "amsterdam", 1)
	w.Reservation("first", testbed.Line("mug", 1))
	w.AwaitPhase("first", v1.PhaseReserved)

	w.Receive("mug", 3)
	// No wait for the status: a cart that needs the new units waits for them.
	w.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.OnHand == 3 })
	w.Reservation("second", testbed.Line("mug", 2))
	w.AwaitPhase("second", v1.PhaseReserved)

	w.Receive("mug", 1)
	item := w.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Shortfall == 2 })
	if item.Status.Available != 0 || !testbed.ConditionIs(item, v1.ConditionOversold, metav1.ConditionTrue) {
		t.Errorf("the status is %+v", item.Status)
	}
	w.Reservation("third", testbed.Line("mug", 1))
	w.AwaitPhase("third", v1.PhaseUnavailable)
	w.AwaitPhase("second", v1.PhaseReserved)
}

// TestDuplicateStockItem: the older of two items with one product and location
// serves; when it is deleted, the other takes over once somebody says so, and one
// that says so already takes over at once.
func TestDuplicateStockItem(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate()
	first := w.Stock("first", "mug", "amsterdam", 1)
	w.AwaitNextSecond(first)
	w.Declare("second", "mug", "amsterdam", 10)
	w.AwaitItem("second", func(i *v1.StockItem) bool {
		return testbed.ConditionIs(i, v1.ConditionReady, metav1.ConditionFalse) && i.Status.Available == 0
	})
	w.Reservation("two", testbed.Line("mug", 2))
	w.AwaitPhase("two", v1.PhaseUnavailable)
	w.Must(w.Client.Delete(w.Context(), first))
	second := w.AwaitItem("second", func(i *v1.StockItem) bool {
		ready := meta.FindStatusCondition(i.Status.Conditions, v1.ConditionReady)
		return ready != nil && ready.Reason == v1.ReasonTakeOverUnconfirmed && i.Status.Available == 0
	})
	w.Reservation("none", testbed.Line("mug", 2))
	w.AwaitPhase("none", v1.PhaseUnavailable)
	w.Must(w.Client.Patch(w.Context(), second, takesOver()))
	w.AwaitItem("second", func(i *v1.StockItem) bool { return i.Status.Available == 10 })
	w.Reservation("again", testbed.Line("mug", 2))
	w.AwaitPhase("again", v1.PhaseReserved)

	w.AwaitNextSecond(second)
	w.Declare("third", "mug", "amsterdam", 10)
	third := w.AwaitItem("third", func(i *v1.StockItem) bool { return testbed.ConditionIs(i, v1.ConditionReady, metav1.ConditionFalse) })
	w.Must(w.Client.Patch(w.Context(), third, takesOver()))
	w.Must(w.Client.Delete(w.Context(), second))
	w.AwaitItem("third", func(i *v1.StockItem) bool { return i.Status.Available == 8 && i.Status.Reserved == 2 })
	w.Settle()
}

// takesOver is what a person says of the StockItem that takes over.
func takesOver() client.Patch {
	return client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+v1.TakeOverAnnotation+`":"true"}}}`))
}

// TestGracefulHandOver: a standby takes over at once when the leader stops.
func TestGracefulHandOver(t *testing.T) {
	w := testbed.NewWorld(t)
	first := w.Operate(testbed.LongLease...)
	w.Stock("mug", "mug", "amsterdam", 2)
	second := w.Operate(testbed.LongLease...)
	w.Reservation("one", testbed.Line("mug", 1))
	w.AwaitPhase("one", v1.PhaseReserved)

	began := time.Now()
	first.Stop()
	got := w.Ask(testbed.Reserve("two", testbed.PlainHTTP, testbed.Item("mug", 1)), second)
	t.Logf("the standby decided %s after the leader was told to stop: %s", time.Since(began), got.Text)
	if got.Refused {
		t.Errorf("the cart is told %s", got.Text)
	}
	w.Settle()
}
