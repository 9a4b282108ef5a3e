package chaos

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// TestRolledBackAfterNews uses what the earlier version does not know, and rolls back: its
// journal has a page of the newer format from then on. The earlier version changes nothing,
// takes it for no damage, forwards to this version while that is there, and answers 503 when
// it is alone. When this version is back everything is as it was.
func TestRolledBackAfterNews(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, "rolled back after something new")
	w := testbed.NewWorld(t)
	v := versionsOf(w)
	v.old.use(w)
	first := w.Operate("--lease-duration=2s", "--renew-deadline=1500ms")
	w.Stock("mug", "mug", "ams", 100)
	told := w.Ask(testbed.Reserve("before", testbed.PlainHTTP, testbed.Item("mug", 3)), first)
	fault.Checked(1)
	if got := formats(w); got != 1 {
		fault.Violated("the earlier version writes format %d", got)
	}

	v.now.use(w)
	second := w.Operate()
	first.Stop()
	// Nothing new was used: the journal can still be read by the earlier version.
	held := w.Ask(testbed.Reserve("after", testbed.PlainHTTP, testbed.Item("mug", 2)), second)
	if got := formats(w); got != 1 {
		fault.Violated("this version writes format %d though nothing new was used", got)
	}
	second.Post("/reservations/"+held.Reservation+"/extend", `{"holdFor":"2h"}`).Want(t, http.StatusOK)
	if got := formats(w); got != journal.Format {
		fault.Violated("after an extension the newest page has format %d", got)
	}

	v.old.use(w)
	third := w.Operate()
	fault.Injected(1)
	again := w.Ask(testbed.Reserve("again", testbed.PlainHTTP, testbed.Item("mug", 1)), third) // forwarded
	second.Stop()
	third.AwaitNoLeader(t.Context())
	fault.Checked(2)
	if got := third.Get("/reservations/" + told.Reservation); got.Code != http.StatusServiceUnavailable {
		fault.Violated("the earlier version answers for a journal that it cannot read: %d %s", got.Code, got.Body)
	}
	ledger := w.AwaitLedger(func(*v1.StockLedger) bool { return true })
	if meta.IsStatusConditionTrue(ledger.Status.Conditions, v1.ConditionJournalDamaged) || strings.Contains(third.Log(), "is damaged") {
		fault.Violated("the earlier version takes a newer format for damage: %+v\n%s", ledger.Status.Conditions, third.Log())
	}

	v.now.use(w)
	began := time.Now()
	fourth := w.Operate()
	back := w.Ask(testbed.Reserve("back", testbed.PlainHTTP, testbed.Item("mug", 1)), fourth)
	// The earlier version offers the lease twice a minute.
	fault.Recovered(time.Since(began), time.Minute)
	for _, a := range []*testbed.Told{told, held, again, back} {
		fault.Checked(1)
		if got := fourth.Get("/reservations/" + a.Reservation); got.Code != http.StatusOK {
			fault.Violated("reservation %s is answered %d: %s", a.Reservation, got.Code, got.Body)
		}
	}
	third.Stop()
	w.Settle()
	audited(w, fault, "this version")
}

// formats is the newest format of any page that counts.
func formats(w *testbed.World) int {
	w.Helper()
	newest := 0
	for _, p := range w.Pages() {
		if p.Written() {
			newest = max(newest, p.Header.Format)
		}
	}
	return newest
}
