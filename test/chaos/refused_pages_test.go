package chaos

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// refusedFault is the fault's name in the report.
const refusedFault = "page writes refused"

// refusals are ways in which the API server refuses every write of a page, for as long as
// nobody mends it. says is a part of what the ledger says then.
var refusals = []struct {
	name, says string
	answer     testbed.Fault
}{
	{"by RBAC", "config/rbac", testbed.Forbid("journalpages.inventory.acme.com \"journal-0\" is forbidden: User \"system:serviceaccount:inventory-system:inventory-operator\" cannot update resource \"journalpages\"")},
	{"by a quota", "ResourceQuota", testbed.Forbid("journalpages.inventory.acme.com \"journal-0\" is forbidden: exceeded quota: pages, requested: count/journalpages.inventory.acme.com=1")},
	{"by a policy", "policy", testbed.Deny(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "journalpages.inventory.acme.com \"journal-0\" is forbidden: ValidatingAdmissionPolicy 'frozen' with binding 'frozen' denied request: no writes today")},
	{"by a webhook", "webhook", testbed.Deny(http.StatusForbidden, metav1.StatusReasonForbidden, "admission webhook \"frozen.acme.com\" denied the request: no writes today")},
	{"by an etcd without space", "etcd", testbed.Deny(http.StatusInternalServerError, metav1.StatusReasonUnknown, "etcdserver: mvcc: database space exceeded")},
	{"as too large, whatever it is", "", testbed.Deny(http.StatusRequestEntityTooLarge, metav1.StatusReasonRequestEntityTooLarge, "Request entity too large: limit is 1")},
}

// TestPageWritesRefused has the API server refuse all writes of pages. Commands are
// answered 503 with Retry-After in time, the ledger says why, queries are answered, and all
// goes on by itself when that is over.
func TestPageWritesRefused(t *testing.T) {
	t.Parallel()
	for _, p := range refusals {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			fault := faultreport.Begin(t, refusedFault)
			k := testbed.NewKilling(testbed.NewWorld(t))
			watched := k.Observe(map[string]int64{"mug amsterdam": 10})
			k.Declare("mug", "mug", "amsterdam", 10)
			o := k.Start()
			o.AwaitReady()
			first := testbed.Reserve("first", testbed.BinaryMode, testbed.Item("mug", 1))
			k.Remember(first, k.Ask(first, o))
			k.Settle()

			over := refuseAll(k, p.answer, "journalpages")
			for i := range 2 {
				answer := askStalled(t.Context(), o.Bridge, fmt.Sprint("refused-", i))
				fault.Checked(1)
				if answer.err != nil || answer.code != http.StatusServiceUnavailable || answer.after == "" || answer.took > tellsWithin {
					fault.Violated("a command was answered %+v", *answer)
				}
			}
			l := k.AwaitLedger(func(l *v1.StockLedger) bool {
				c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionLedgerReady)
				return c != nil && c.Status == metav1.ConditionFalse && c.Reason == v1.ReasonUnwritable && strings.Contains(c.Message, p.says)
			})
			t.Logf("the ledger says: %+v", meta.FindStatusCondition(l.Status.Conditions, v1.ConditionLedgerReady))
			o.Get("/stock/mug").Want(t, http.StatusOK)
			fault.Checked(2)
			refused := over()
			fault.Injected(1)
			calm := time.Now()
			k.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) }) // it finds out by itself
			next := testbed.Reserve("next", testbed.BinaryMode, testbed.Item("mug", 1))
			k.Remember(next, k.Ask(next, o))
			fault.Recovered(time.Since(calm), serverLimit)
			k.Remember(first, k.Ask(first, o))
			for i := range 2 { // commands that were not answered may be decided
				k.Ask(testbed.Reserve(fmt.Sprint("refused-", i), testbed.PlainHTTP, testbed.Item("mug", 1)), o)
			}
			k.Settle()
			k.Sink.Check()
			watched.Stop()
			fault.Checked(watched.Versions)
			t.Logf("%d writes were refused", refused)
			if refused == 0 || !o.Runs() {
				t.Errorf("%d writes were refused, and the operator runs: %v", refused, o.Runs())
			}
		})
	}
}

// refuseAll answers all writes of a kind with an error until over is called, which returns
// how many there were.
func refuseAll(k *testbed.Killing, answer testbed.Fault, resource string) (over func() int64) {
	var count atomic.Int64
	var disarm []func()
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		disarm = append(disarm, k.Proxy.ArmAlways(testbed.Point{Method: method, Resource: resource}, func(p *testbed.Passage) {
			count.Add(1)
			answer(p)
		}))
	}
	return func() int64 {
		for _, f := range disarm {
			f()
		}
		return count.Load()
	}
}

// TestPoisonedCart has the API server refuse whatever holds one cart. That one is told that
// it cannot be stored; all that waited with it are decided.
func TestPoisonedCart(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]testbed.Fault{
		"413":                testbed.Deny(http.StatusRequestEntityTooLarge, metav1.StatusReasonRequestEntityTooLarge, "Request entity too large: limit is 3145728"),
		"422":                testbed.Deny(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "JournalPage.inventory.acme.com \"journal-0\" is invalid: data: Invalid value"),
		"400":                testbed.Deny(http.StatusBadRequest, metav1.StatusReasonBadRequest, "strict decoding error"),
		"too large for etcd": testbed.Deny(http.StatusInternalServerError, metav1.StatusReasonUnknown, "etcdserver: request is too large"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault := faultreport.Begin(t, refusedFault)
			k := testbed.NewKilling(testbed.NewWorld(t))
			watched := k.Observe(map[string]int64{"mug amsterdam": 1000})
			k.Declare("mug", "mug", "amsterdam", 1000)
			o := k.Start()
			o.AwaitReady()
			k.Settle()
			poisoned := testbed.PageWrite(func(a *testbed.Append) bool {
				return a.Has(func(r stock.Record) bool {
					reserved, is := r.(*stock.Reserved)
					return is && reserved.Cart == "cart-poison"
				})
			})
			refusals := armAlways(k, poisoned, answer)
			crowd := k.Gather(testbed.Load{Clients: 16, Carts: 12, Bridges: []string{o.Bridge}, Items: testbed.Scarce{Names: []string{"mug"}}.One})
			crowd.Await(16)
			told := askStalled(t.Context(), o.Bridge, "poison")
			fault.Injected(1)
			fault.Checked(1)
			if told.code != http.StatusUnprocessableEntity || told.took > tellsWithin {
				fault.Violated("the cart that cannot be stored was answered %+v, want 422", *told)
			}
			testbed.Done(k.World, crowd)
			k.Settle()
			k.Sink.Check()
			watched.Stop()
			fault.Checked(watched.Versions)
			if refusals.Load() == 0 || !o.Runs() {
				t.Errorf("%d writes were refused, and the operator runs: %v", refusals.Load(), o.Runs())
			}
		})
	}
}

// armAlways breaks every write at a point, and counts.
func armAlways(k *testbed.Killing, at testbed.Point, f testbed.Fault) *atomic.Int64 {
	var count atomic.Int64
	k.Proxy.ArmAlways(at, func(p *testbed.Passage) {
		count.Add(1)
		f(p)
	})
	return &count
}
