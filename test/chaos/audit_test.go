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

// TestStatusCorrupted changes figures by hand, in StockItems, the ledger and a
// tally. Each change is found, told and put right, and decisions stay as they are.
func TestStatusCorrupted(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, "status corrupted by hand")
	c := newCorruption(t, fault)
	before := c.snapshot()
	for round := range faultreport.Rounds(t, 1) {
		c.corruptItems(round)
		c.corruptSums(round)
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
	c.awaitVerdict(metav1.ConditionFalse, began, "")
	c.healed(began, told)
	c.counted("item", repaired+len(c.products))
}

// corruptSums changes the totals of the ledger and the sums of the tally, and
// asks for an audit as a person would.
func (c *corruption) corruptSums(round int) {
	c.Helper()
	totals, tallies := c.repairs("totals"), c.repairs("tally")
	began := time.Now()
	var l v1.StockLedger
	c.edit(v1.LedgerName, &l, func() { l.Status.Totals.Available, l.Status.Totals.Reserved = 1000, 1 })
	var tally v1.StockTally
	c.edit(v1.TallyName(0), &tally, func() { tally.Status.Consumed, tally.Status.Keys = 9, 0 })
	request := fmt.Sprintf("round %d", round)
	c.annotate(request)

	told := []string{
		"StockTally default-0: consumed is 9, expected 8", "StockTally default-0: keys is 0, expected 4",
		"StockLedger default: totals.available is 1000, expected 60", "StockLedger default: totals.reserved is 1, expected 12",
	}
	found := c.awaitVerdict(metav1.ConditionFalse, began, request)
	message := meta.FindStatusCondition(found.Status.Conditions, v1.ConditionConsistent).Message
	for _, want := range told {
		c.fault.Checked(1)
		if !strings.Contains(message, want) {
			c.fault.Violated("the condition does not say %q: %q", want, message)
		}
	}
	c.fault.Checked(1)
	for _, kind := range []string{"tally", "totals"} {
		series := fmt.Sprintf(`inventory_audit_differences{kind=%q,namespace=%q} 2`, kind, c.Namespace)
		if !strings.Contains(c.operator.Metrics(), series) {
			c.fault.Violated("the metrics do not show %s", series)
		}
	}
	c.fault.Recovered(time.Since(began), auditedWithin)
	c.healed(began, told)
	c.counted("totals", totals+2)
	c.counted("tally", tallies+2)
}

// healed waits until all is consistent again, and checks that what was found is
// still told.
func (c *corruption) healed(began time.Time, told []string) {
	c.Helper()
	l := c.awaitVerdict(metav1.ConditionTrue, began, "")
	for _, want := range told {
		c.fault.Checked(1)
		if last := l.Status.Audit.LastDifference; last == nil || !strings.Contains(last.Summary, want) {
			c.fault.Violated("the last difference does not name %q: %+v", want, last)
		}
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

// snapshot is everything that was decided and derived. Marks are left out: an
// operator that starts writes them into any object, and they say nothing about it.
func (c *corruption) snapshot() map[string]any {
	c.Helper()
	all := map[string]any{}
	for _, r := range c.Reservations() {
		r.Status.Mark = ""
		all["reservation "+r.Name] = r.Status
	}
	var items v1.StockItemList
	c.Must(c.Client.List(c.Context(), &items, client.InNamespace(c.Namespace)))
	for _, i := range items.Items {
		i.Status.Conditions = nil // they tell when they changed
		i.Status.Mark = ""
		all["item "+i.Name] = i.Status
	}
	var tallies v1.StockTallyList
	c.Must(c.Client.List(c.Context(), &tallies, client.InNamespace(c.Namespace)))
	for _, t := range tallies.Items {
		all["tally "+t.Name] = t.Status
	}
	l := c.AwaitLedger(func(*v1.StockLedger) bool { return true })
	all["ledger"] = []any{l.Status.Totals, l.Status.LastFold, len(l.Status.InFlight), l.Status.OpenFold == nil}
	return all
}
