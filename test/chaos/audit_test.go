package chaos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// What is written again at once, and what an audit finds: it takes two looks.
const (
	writtenWithin = 5 * time.Second
	auditedWithin = 20 * time.Second
)

// TestStatusCorrupted changes by hand what StockItems, Reservations and the ledger show.
// Each change is put right, those of the first two are found and told, and decisions stay
// as they are.
func TestStatusCorrupted(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, "status corrupted by hand")
	c := newCorruption(t, fault)
	before := c.snapshot()
	for round := range faultreport.Rounds(t, 1) {
		c.corruptItems(round)
		c.corruptReservations(round)
		c.corruptTotals()
		fault.Checked(1)
		if diff := cmp.Diff(before, c.snapshot()); diff != "" {
			fault.Violated("round %d left (-before +after):\n%s", round, diff)
		}
	}
}

// corruption is a shop whose figures somebody changes by hand.
type corruption struct {
	*testbed.World
	fault    *faultreport.Fault
	operator *testbed.Operator
	products []string
}

func newCorruption(t *testing.T, fault *faultreport.Fault) *corruption {
	w := testbed.NewWorld(t)
	c := &corruption{World: w, fault: fault, products: []string{"mug", "plate", "cup", "pot"}}
	c.operator = w.Operate("--leader-elect=false", "--audit-interval=0", "--metrics-address", testbed.FreeAddress(w))
	for _, product := range c.products {
		w.Stock(product, product, "amsterdam", 20)
		w.Reservation(product+"-held", testbed.Line(product, 3))
		w.Reservation(product+"-shipped", testbed.Line(product, 2))
		w.AwaitPhase(product+"-held", v1.PhaseReserved)
		w.AwaitPhase(product+"-shipped", v1.PhaseReserved)
		w.Patch(product+"-shipped", `{"spec":{"intent":"Consume"}}`)
		w.AwaitItem(product, func(i *v1.StockItem) bool { return i.Status.Consumed == 2 && i.Status.Reserved == 3 })
	}
	w.Settle()
	w.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.Consumed == 8 })
	return c
}

// corruptItems changes a figure of each StockItem, another one for each.
func (c *corruption) corruptItems(round int) {
	c.Helper()
	figures := []struct {
		name   string
		change func(s *v1.StockItemStatus)
	}{
		{"onHand", func(s *v1.StockItemStatus) { s.OnHand += 7 }},
		{"reserved", func(s *v1.StockItemStatus) { s.Reserved = 0 }},
		{"available", func(s *v1.StockItemStatus) { s.Available += 100 }},
		{"consumed", func(s *v1.StockItemStatus) { s.Consumed += 5 }},
	}
	repaired := c.repairs("item")
	began := time.Now()
	var told []string
	for i, product := range c.products {
		figure := figures[(i+round)%len(figures)]
		var item v1.StockItem
		c.edit(product, &item, func() { figure.change(&item.Status) })
		told = append(told, "StockItem "+product+": "+figure.name+" is ")
		c.AwaitItem(product, func(is *v1.StockItem) bool {
			s := is.Status
			return s.OnHand == 18 && s.Reserved == 3 && s.Available == 15 && s.Consumed == 2
		})
	}
	c.fault.Recovered(time.Since(began), writtenWithin)
	c.found("item", round, repaired, began, told)
}

// corruptReservations changes what each held Reservation shows, another thing for each.
func (c *corruption) corruptReservations(round int) {
	c.Helper()
	things := []struct {
		name   string
		change func(s *v1.ReservationStatus)
	}{
		{"phase", func(s *v1.ReservationStatus) { s.Phase = v1.PhaseReleased }},
		{"units", func(s *v1.ReservationStatus) { s.Units += 2 }},
		{"outcomeID", func(s *v1.ReservationStatus) { s.OutcomeID = "another" }},
		{"allocations", func(s *v1.ReservationStatus) { s.Allocations[0].Consumed = 1 }},
	}
	repaired := c.repairs("reservation")
	began := time.Now()
	var told []string
	for i, product := range c.products {
		thing := things[(i+round)%len(things)]
		var r v1.Reservation
		name := product + "-held"
		was := c.AwaitPhase(name, v1.PhaseReserved).Status
		c.edit(name, &r, func() { thing.change(&r.Status) })
		told = append(told, "Reservation "+name+": ")
		c.AwaitReservation(name, func(is *v1.Reservation) bool {
			s := is.Status
			return s.Phase == was.Phase && s.Units == was.Units && s.OutcomeID == was.OutcomeID && s.Allocations[0] == was.Allocations[0]
		})
	}
	c.fault.Recovered(time.Since(began), writtenWithin)
	c.found("reservation", round, repaired, began, told)
}

// corruptTotals changes the sums that the ledger shows, and what it says of who leads.
func (c *corruption) corruptTotals() {
	c.Helper()
	was := c.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) }).Status
	began := time.Now()
	var l v1.StockLedger
	c.edit(v1.LedgerName, &l, func() {
		l.Status.Totals.Available, l.Status.Totals.Reserved, l.Status.Leader, l.Status.Conditions = 1000, 1, "somebody", nil
	})
	c.AwaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Totals == was.Totals && l.Status.Leader == was.Leader && testbed.LedgerReady(&l.Status)
	})
	c.fault.Recovered(time.Since(began), writtenWithin)
}

// found waits until it is told what was wrong, and, once somebody has asked for an audit,
// that all is well again; and checks that what was found is still told.
func (c *corruption) found(kind string, round, repaired int, began time.Time, told []string) {
	c.Helper()
	c.awaitVerdict(metav1.ConditionFalse, began, "")
	c.counted(kind, repaired+len(c.products))
	request := fmt.Sprintf("%s %d", kind, round)
	c.annotate(request)
	l := c.awaitVerdict(metav1.ConditionTrue, began, request)
	c.fault.Recovered(time.Since(began), auditedWithin)
	for _, want := range told {
		c.fault.Checked(1)
		if last := l.Status.Audit.LastDifference; last == nil || !strings.Contains(last.Summary, want) {
			c.fault.Violated("the last difference does not name %q: %+v", want, last)
		}
	}
	c.fault.Checked(1)
	if series := fmt.Sprintf(`inventory_audit_differences{kind=%q,namespace=%q} 0`, kind, c.Namespace); !strings.Contains(c.operator.Metrics(), series) {
		c.fault.Violated("the metrics do not show %s", series)
	}
}

// awaitVerdict waits for an audit that ended after a time, found this, and
// answers a request if there was one.
func (c *corruption) awaitVerdict(is metav1.ConditionStatus, after time.Time, request string) *v1.StockLedger {
	c.Helper()
	after = after.Truncate(time.Second)
	return c.AwaitLedger(func(l *v1.StockLedger) bool {
		a := l.Status.Audit
		return a != nil && a.LastDifference != nil && !a.LastDifference.At.Time.Before(after) &&
			meta.IsStatusConditionPresentAndEqual(l.Status.Conditions, v1.ConditionConsistent, is) &&
			(request == "" || a.LastHandledRequest == request)
	})
}

// edit changes the status of an object by hand.
func (c *corruption) edit(name string, object client.Object, change func()) {
	c.Helper()
	c.Must(c.Client.Get(c.Context(), client.ObjectKey{Namespace: c.Namespace, Name: name}, object))
	change()
	c.Must(c.Client.Status().Update(c.Context(), object))
	c.fault.Injected(1)
}

func (c *corruption) annotate(value string) {
	c.Helper()
	l := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: v1.LedgerName}}
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1.AuditRequestedAnnotation, value)
	c.Must(c.Client.Patch(c.Context(), l, client.RawPatch("application/merge-patch+json", patch)))
}

// repairs is how many figures of a kind the operator says it has put right.
func (c *corruption) repairs(kind string) int {
	c.Helper()
	count := 0
	for line := range strings.Lines(c.operator.Metrics()) {
		if rest, found := strings.CutPrefix(line, fmt.Sprintf(`inventory_audit_repairs_total{kind=%q} `, kind)); found {
			_, err := fmt.Sscan(rest, &count)
			c.Must(err)
		}
	}
	return count
}

func (c *corruption) counted(kind string, least int) {
	c.Helper()
	c.fault.Checked(1)
	if got := c.repairs(kind); got < least {
		c.fault.Violated("%d repairs of kind %s are counted, want at least %d", got, kind, least)
	}
}

// snapshot is everything that was decided and derived.
func (c *corruption) snapshot() map[string]any {
	c.Helper()
	all := map[string]any{}
	for _, r := range c.Reservations() {
		r.Status.Position = ""
		all["reservation "+r.Name] = r.Status
	}
	var items v1.StockItemList
	c.Must(c.Client.List(c.Context(), &items, client.InNamespace(c.Namespace)))
	for _, i := range items.Items {
		i.Status.Conditions, i.Status.Position = nil, "" // they tell when they changed
		all["item "+i.Name] = i.Status
	}
	b := c.Journal()
	all["journal"] = b.Totals(b.At)
	return all
}
