package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestReservationFromKubectl(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.stock("mug", "mug", "amsterdam", 5)

	w.reservation("first", line("mug", 3))
	r := w.awaitPhase("first", v1.PhaseReserved)
	if r.Status.Units != 3 || r.Status.ReservedAt == nil || r.Status.ExpiresAt == nil {
		t.Errorf("the status is not complete: %+v", r.Status)
	}
	w.reservation("second", line("mug", 3))
	r = w.awaitPhase("second", v1.PhaseUnavailable)
	want := v1.UnavailableItem{ProductID: "mug", Requested: 3, Available: 2}
	if len(r.Status.UnavailableItems) != 1 || r.Status.UnavailableItems[0] != want {
		t.Errorf("the unavailable items are %+v", r.Status.UnavailableItems)
	}
	w.settle()
}

// TestReleaseBeforeDecision: a Reservation that is released while nobody decides
// never becomes Reserved.
func TestReleaseBeforeDecision(t *testing.T) {
	w := newWorld(t)
	w.declare("mug", "mug", "amsterdam", 5)
	r := w.reservation("early", line("mug", 1))
	r.Spec.Intent = v1.IntentRelease
	w.must(w.client.Update(w.Context(), r))
	w.operate()
	got := w.awaitPhase("early", v1.PhaseReleased)
	if got.Decided() {
		t.Errorf("it has an outcome: %+v", got.Status)
	}
	w.settle()
}

func TestExpiryAndRetention(t *testing.T) {
	w := newWorld(t)
	w.operate("--default-hold", "1s", "--retention", "1s")
	w.stock("mug", "mug", "amsterdam", 1)
	w.reservation("brief", line("mug", 1))
	r := w.awaitPhase("brief", v1.PhaseReleased)
	if r.Status.Reason != string(v1.ReleaseExpired) {
		t.Errorf("the reason is %q", r.Status.Reason)
	}
	if held := r.Status.Conditions[0].LastTransitionTime.Sub(r.Status.ReservedAt.Time); held < 0 {
		t.Errorf("it expired %s before it was due", -held)
	}
	w.awaitGone("brief")
	w.settle()
	w.reservation("next", line("mug", 1))
	w.awaitPhase("next", v1.PhaseReserved)
}

// TestDeletionReleases: the units of a deleted Reservation are sold again.
func TestDeletionReleases(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.stock("mug", "mug", "amsterdam", 1)
	r := w.reservation("first", line("mug", 1))
	w.awaitPhase("first", v1.PhaseReserved)
	w.must(w.client.Delete(w.Context(), r))
	w.settle()
	w.reservation("second", line("mug", 1))
	w.awaitPhase("second", v1.PhaseReserved)
	w.settle()
}

// TestSpecChanges: a delivery is sold from, and a cut below the promises shows as
// a shortfall and breaks no promise.
func TestSpecChanges(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.stock("mug", "mug", "amsterdam", 1)
	w.reservation("first", line("mug", 1))
	w.awaitPhase("first", v1.PhaseReserved)

	w.receive("mug", 3)
	// No wait for the status: a cart that needs the new units waits for them.
	w.awaitItem("mug", func(i *v1.StockItem) bool { return i.Status.OnHand == 3 })
	w.reservation("second", line("mug", 2))
	w.awaitPhase("second", v1.PhaseReserved)

	w.receive("mug", 1)
	item := w.awaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Shortfall == 2 })
	if item.Status.Available != 0 || !conditionIs(item, v1.ConditionOversold, metav1.ConditionTrue) {
		t.Errorf("the status is %+v", item.Status)
	}
	w.reservation("third", line("mug", 1))
	w.awaitPhase("third", v1.PhaseUnavailable)
	w.awaitPhase("second", v1.PhaseReserved)
}

// TestDuplicateStockItem: the older of two items with one product and location
// serves; the other takes over when it is deleted.
func TestDuplicateStockItem(t *testing.T) {
	w := newWorld(t)
	w.operate()
	first := w.stock("first", "mug", "amsterdam", 1)
	w.awaitNextSecond(first)
	w.declare("second", "mug", "amsterdam", 10)
	w.awaitItem("second", func(i *v1.StockItem) bool {
		return conditionIs(i, v1.ConditionReady, metav1.ConditionFalse) && i.Status.Available == 0
	})
	w.reservation("two", line("mug", 2))
	w.awaitPhase("two", v1.PhaseUnavailable)
	w.must(w.client.Delete(w.Context(), first))
	w.awaitItem("second", func(i *v1.StockItem) bool { return i.Status.Available == 10 })
	w.reservation("again", line("mug", 2))
	w.awaitPhase("again", v1.PhaseReserved)
}

// TestGracefulHandOver: a standby takes over at once when the leader stops.
func TestGracefulHandOver(t *testing.T) {
	w := newWorld(t)
	first := w.operate()
	w.stock("mug", "mug", "amsterdam", 2)
	second := w.operate()
	w.reservation("one", line("mug", 1))
	w.awaitPhase("one", v1.PhaseReserved)

	began := time.Now()
	first.stop()
	got := second.post("/reservations", `{"cartId":"two","items":[{"productId":"mug","quantity":1}]}`).want(t, 201)
	t.Logf("the standby decided %s after the leader was told to stop: %s", time.Since(began), got.body)
	w.settle()
}

func (w *world) receive(name string, received int64) {
	w.Helper()
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"received":%d}}`, received))
	w.must(w.client.Patch(w.Context(), &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}, patch))
}

// awaitNextSecond waits until objects made from now on are younger, to the
// second, which is all that the API server notes.
func (w *world) awaitNextSecond(object client.Object) {
	w.Helper()
	until := object.GetCreationTimestamp().Add(time.Second)
	ctx, cancel := context.WithDeadline(w.Context(), until)
	defer cancel()
	<-ctx.Done()
}

func conditionIs(i *v1.StockItem, kind string, status metav1.ConditionStatus) bool {
	for _, c := range i.Status.Conditions {
		if c.Type == kind {
			return c.Status == status
		}
	}
	return false
}
