package allocator

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

func auditedAt(at time.Time, status metav1.ConditionStatus, message string) Audited {
	stamp := metav1.NewTime(at)
	found := Audited{
		Consistent: metav1.Condition{Status: status, Reason: v1.ReasonFiguresAgree, Message: message},
		Audit:      v1.AuditStatus{AuditedAt: &stamp},
	}
	if status == metav1.ConditionFalse {
		found.Audit.Differences = 1
		found.Audit.LastDifference = &v1.AuditDifference{At: stamp, Summary: message}
	}
	return found
}

// A verdict is written along with other changes, or by itself if it is news.
func TestAudited(t *testing.T) {
	d := drive(t)
	d.lead()
	d.now = d.now.Add(settleDelay)
	found := auditedAt(d.now, metav1.ConditionFalse, "mug: reserved is 4, expected 5")
	found.Audit.LastHandledRequest = "asked"
	write := only[WriteLedger](t, d.do(found))
	if c := consistent(&write.Status); c.Status != metav1.ConditionFalse || c.Type != v1.ConditionConsistent {
		t.Errorf("the condition is %+v", c)
	}
	if diff := cmp.Diff(&found.Audit, write.Status.Audit); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
	d.do(landedAt(write, 13))
	told := d.now

	// The next one agrees: what was found before it is still told.
	d.now = d.now.Add(settleDelay)
	write = only[WriteLedger](t, d.do(auditedAt(d.now, metav1.ConditionTrue, "all agree")))
	want := v1.AuditStatus{
		LastHandledRequest: "asked", AuditedAt: &metav1.Time{Time: d.now},
		LastDifference: &v1.AuditDifference{At: metav1.NewTime(told), Summary: "mug: reserved is 4, expected 5"},
	}
	if diff := cmp.Diff(&want, write.Status.Audit); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
	d.do(landedAt(write, 14))

	// One that finds the same is no reason to write.
	d.now = d.now.Add(settleDelay)
	d.expect(d.do(auditedAt(d.now, metav1.ConditionTrue, "all agree")))

	// Its time goes along with what is written anyhow.
	write = only[WriteLedger](t, d.do(Progressed{Cursor: "42"}))
	if !write.Status.Audit.AuditedAt.Time.Equal(d.now) {
		t.Errorf("audited at %v, want %v", write.Status.Audit.AuditedAt, d.now)
	}
}

// A verdict that another one overtakes before it is written is told all the same.
func TestAuditedTwiceBeforeAWrite(t *testing.T) {
	d := drive(t)
	d.lead()
	d.do(auditedAt(d.now, metav1.ConditionFalse, "wrong"))
	d.do(auditedAt(d.now, metav1.ConditionTrue, "all agree"))
	d.now = d.now.Add(settleDelay)
	write := only[WriteLedger](t, d.do(Woken{}))
	if last := write.Status.Audit.LastDifference; last == nil || last.Summary != "wrong" {
		t.Errorf("the last difference is %+v", last)
	}
}

// The condition outlives a take-over by another process, and, where this process
// rebuilds a lost ledger, that ledger too.
func TestVerdictSurvives(t *testing.T) {
	other := stored(10, 3)
	other.Status.Audit = &v1.AuditStatus{LastHandledRequest: "asked"}
	meta.SetStatusCondition(&other.Status.Conditions, metav1.Condition{
		Type: v1.ConditionConsistent, Status: metav1.ConditionFalse, Reason: v1.ReasonFiguresDiffer, Message: "wrong"})
	d := drive(t)
	read := only[ReadLedger](t, d.do(LedgerSeen{UID: ledgerUID, Version: 10}, Elected{}))
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: other}))
	catchUp := only[CatchUp](t, d.do(landedAt(fence, 11)))
	d.do(CaughtUp{Term: catchUp.Term})
	d.now = d.now.Add(settleDelay)
	write := only[WriteLedger](t, d.do(Woken{}))
	for _, status := range []v1.StockLedgerStatus{fence.Status, write.Status} {
		if c := consistent(&status); c.Message != "wrong" || status.Audit == nil || status.Audit.LastHandledRequest != "asked" {
			t.Errorf("the verdict is gone: %+v", status)
		}
	}
	d.do(landedAt(write, 12), d.stock(5), auditedAt(d.now, metav1.ConditionTrue, "all agree"))

	read = only[ReadLedger](t, d.do(LedgerSeen{UID: ledgerUID, Gone: true}))
	fresh := &Stored{UID: "ledger-2", Version: 20}
	fence = only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: fresh}))
	catchUp = only[CatchUp](t, d.do(landedAt(fence, 21)))
	d.do(CaughtUp{Term: catchUp.Term})
	d.now = d.now.Add(settleDelay)
	write = only[WriteLedger](t, d.do(Woken{}))
	if c := consistent(&write.Status); c.Message != "all agree" {
		t.Errorf("the rebuilt ledger says %+v", c)
	}
}

// A leader that distrusts what it knows learns it anew: what waits goes on
// waiting, and a hold that nobody has any more ends.
func TestDistrusted(t *testing.T) {
	d := drive(t)
	d.lead()
	d.do(d.stock(5), seen("lost", 6, v1.PhaseReserved, 5))
	d.now = d.now.Add(settleDelay)
	only[WriteLedger](t, d.do(call1(1, "waits", 5)))
	read := only[ReadLedger](t, d.do(Distrusted{}))
	if d.Leading() {
		t.Fatal("it goes on to decide")
	}
	d.expect(d.do(Distrusted{})) // once is enough
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: &Stored{
		UID: ledgerUID, Version: 14, Status: v1.StockLedgerStatus{Epoch: 4, Recovered: true},
	}}))
	if fence.Version != 14 || fence.Status.Epoch != 5 {
		t.Errorf("the fence is over version %d with epoch %d", fence.Version, fence.Status.Epoch)
	}
	catchUp := only[CatchUp](t, d.do(landedAt(fence, 15)))
	d.now = d.now.Add(settleDelay)
	effects := d.do(CaughtUp{
		Term: catchUp.Term, ItemsVersion: 20, Items: map[types.UID]struct{}{"item": {}}, HoldsVersion: 20,
	})
	decided := only[WriteLedger](t, effects)
	if diff := cmp.Diff([]string{"waits"}, inFlight(decided)); diff != "" {
		t.Errorf("in flight (-want +got):\n%s", diff)
	}
}

// A status is taken for changed by somebody else only if it was known to be right
// before, by these figures and this generation, and is newer.
func TestItemMeddled(t *testing.T) {
	a := New(Options{Name: "test", Clock: clocktesting.NewFakeClock(start)})
	item := &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "mug", UID: "mug", Generation: 1, ResourceVersion: "7"},
		Spec:       v1.StockItemSpec{ProductID: "p", LocationID: "a", Received: 9},
	}
	newer := item.DeepCopy()
	newer.ResourceVersion = "8"
	a.SeeItem(item)
	changes := a.ItemChanges(item)
	if a.ItemMeddled(newer, changes) {
		t.Error("a status that never was right is taken for changed")
	}
	if _, behind := a.Memory("shop").Behind[ledger.Key{ProductID: "p", LocationID: "a"}]; !behind {
		t.Error("a status that was not written yet is not taken to lag")
	}
	a.ItemShown(item, changes)
	if _, wait := a.stale.next(); wait > 0 { // its turn has come
		t.Fatalf("it waits %v for its turn", wait)
	}
	if len(a.Memory("shop").Behind) > 0 {
		t.Error("a status that is right is taken to lag")
	}
	if a.ItemMeddled(item, changes) {
		t.Error("the version that was right is taken for changed")
	}
	if !a.ItemMeddled(newer, changes) {
		t.Error("a status that was changed is taken to lag")
	}
	respecified := newer.DeepCopy()
	respecified.Generation = 2
	if a.ItemMeddled(respecified, changes) {
		t.Error("a new spec is taken for a change of the status")
	}
	a.SeeReservation(&v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", UID: "cart", ResourceVersion: "9"},
		Status: v1.ReservationStatus{Phase: v1.PhaseReserved,
			Allocations: []v1.Allocation{{ProductID: "p", LocationID: "a", Quantity: 2}}},
	})
	if a.ItemMeddled(newer, a.ItemChanges(newer)) {
		t.Error("a status that lags is taken for changed")
	}
	a.ItemGone("shop", "mug")
	if a.ItemMeddled(newer, changes) {
		t.Error("an item that is gone is remembered")
	}
}
