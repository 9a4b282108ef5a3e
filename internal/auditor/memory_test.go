package auditor

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
)

// The operator never learns that a cart was deleted, so that it keeps units from
// being sold. An audit finds out, and the units come back on sale.
func TestWithheldDeletion(t *testing.T) {
	t.Parallel()
	w := operate(t, 0, 2*time.Second)
	w.receive("mug", 5)
	lost := w.reserve("lost", "mug", 3)
	await(w, &v1.StockItemList{}, func(i *v1.StockItem) bool { return i.Status.Reserved == 3 })
	await(w, &v1.StockLedgerList{}, func(l *v1.StockLedger) bool {
		return l.Status.Totals.Reserved == 3 && len(l.Status.InFlight) == 0
	})
	w.stock.withhold(lost.UID)
	w.must(w.client.Delete(w.Context(), lost))
	w.request("first")

	found := await(w, &v1.StockLedgerList{}, func(l *v1.StockLedger) bool {
		return meta.IsStatusConditionFalse(l.Status.Conditions, v1.ConditionConsistent)
	})
	const want = "the operator's memory of mug at ams: reserved is 3, expected 0"
	if c := meta.FindStatusCondition(found.Status.Conditions, v1.ConditionConsistent); !strings.HasPrefix(c.Message, want) {
		t.Errorf("the condition says %q, want %q", c.Message, want)
	}
	if found.Status.Audit.LastHandledRequest != "first" || found.Status.Audit.Differences == 0 {
		t.Errorf("audit is %+v", found.Status.Audit)
	}
	await(w, &v1.StockItemList{}, func(i *v1.StockItem) bool { return i.Status.Reserved == 0 && i.Status.Available == 5 })
	healed := await(w, &v1.StockLedgerList{}, func(l *v1.StockLedger) bool {
		return meta.IsStatusConditionTrue(l.Status.Conditions, v1.ConditionConsistent)
	})
	if last := healed.Status.Audit.LastDifference; last == nil || !strings.HasPrefix(last.Summary, want) {
		t.Errorf("the last difference is %+v", last)
	}
	if healed.Status.Totals.Available != 5 || healed.Status.Totals.Reserved != 0 {
		t.Errorf("totals are %+v", healed.Status.Totals)
	}
	w.reserve("all", "mug", 5)
	await(w, &v1.ReservationList{}, func(r *v1.Reservation) bool { return r.Name == "all" && r.Status.Phase == v1.PhaseReserved })
}

// Audits that find nothing write nothing of their own. One that was asked for
// says so.
func TestQuietAudits(t *testing.T) {
	t.Parallel()
	w := operate(t, 50*time.Millisecond, time.Second)
	w.receive("mug", 5)
	first := await(w, &v1.StockLedgerList{}, func(l *v1.StockLedger) bool {
		return meta.IsStatusConditionTrue(l.Status.Conditions, v1.ConditionConsistent) && l.Status.Totals.OnHand == 5
	})
	timeout := time.After(patience)
	for range 40 {
		select {
		case <-w.told:
		case <-timeout:
			t.Fatal("the audits stopped")
		}
	}
	var l v1.StockLedger
	w.must(w.client.Get(w.Context(), keyOf(first), &l))
	if l.ResourceVersion != first.ResourceVersion {
		t.Errorf("the ledger was written without news: %+v, then %+v", first.Status, l.Status)
	}
	w.request("now")
	await(w, &v1.StockLedgerList{}, func(l *v1.StockLedger) bool {
		return l.Status.Audit != nil && l.Status.Audit.LastHandledRequest == "now" && l.Status.Audit.AuditedAt != nil
	})
}
