package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// shardLabel is what the deployments of a platform share namespaces out by.
const shardLabel = "inventory.acme.com/shard"

// deployment starts an operator with a lease of its own, as another deployment would.
func deployment(w *testbed.World, name string, flags ...string) *testbed.Operator {
	w.Helper()
	return w.Operate(append([]string{"--leader-election-id", w.Namespace + "-" + name}, flags...)...)
}

// ofShard are the flags of a deployment that works in the namespaces of a shard of the world, and
// has metrics.
func ofShard(w *testbed.World, name string) []string {
	w.Helper()
	return []string{
		"--namespaces", "", "--namespace-selector", shardLabel + "=" + name + "-" + w.Namespace,
		"--metrics-address", testbed.FreeAddress(w),
	}
}

// TestNamespaceSelector: two deployments share a platform by labels. A namespace is taken up and
// given up without a restart, also while carts are under way: each gets one outcome, of whichever
// deployment, and a command for a namespace of the other is told where it belongs.
func TestNamespaceSelector(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	a, b := deployment(w, "a", ofShard(w, "a")...), deployment(w, "b", ofShard(w, "b")...)
	const carts, units = 90, 60
	stock := w.StockScarcely(units, "mug")
	cart := `{"cartId":"early","items":[{"productId":"mug","quantity":1}]}`
	path := "/namespaces/" + w.Namespace
	for _, o := range []*testbed.Operator{a, b} {
		answer := o.Post(path+"/reservations", cart).Want(t, http.StatusNotFound)
		if !strings.Contains(string(answer.Body), shardLabel) {
			t.Errorf("a command for a namespace of nobody is answered %s", answer.Body)
		}
		o.Get(path+"/stock/mug").Want(t, http.StatusNotFound)
	}

	label(w, "a")
	crowd := w.Gather(testbed.Load{Name: "c", Clients: 6, Carts: carts / 6, Bridges: []string{a.Bridge, b.Bridge}, Items: stock.One})
	for i, to := range []string{"b", "a", "b"} {
		crowd.Await(20 * (i + 1))
		label(w, to)
	}
	testbed.Done(w, crowd)
	awaitGivenUp(w, a)
	awaitStock(w, b, http.StatusOK)
	w.Sold("mug")
	w.Settle()

	a.Post(path+"/reservations", cart).Want(t, http.StatusNotFound)
	leader := w.AwaitLedger(func(l *v1.StockLedger) bool {
		return meta.IsStatusConditionTrue(l.Status.Conditions, v1.ConditionLedgerReady)
	})
	if c := meta.FindStatusCondition(leader.Status.Conditions, v1.ConditionContested); c != nil {
		t.Errorf("deployments that share nothing are told to be in each other's way: %s", c.Message)
	}
	label(w, "nobody")
	awaitGivenUp(w, b)
	b.Post(path+"/reservations", cart).Want(t, http.StatusNotFound)
	w.Reservation("late", testbed.Line("mug", 1))
	given := w.AwaitLedger(func(l *v1.StockLedger) bool {
		return meta.IsStatusConditionFalse(l.Status.Conditions, v1.ConditionLedgerReady)
	})
	says := meta.FindStatusCondition(given.Status.Conditions, v1.ConditionLedgerReady)
	if says.Reason != v1.ReasonGivenUp || !strings.Contains(says.Message, shardLabel) || given.Status.Leader != "" {
		t.Errorf("where nobody decides, %q leads, and the ledger says %s: %s", given.Status.Leader, says.Reason, says.Message)
	}

	awaitMetric(w, a, "inventory_journal_leading", 0) // which gave it up before
	awaitMetric(w, b, "inventory_journal_leading", 0)

	label(w, "a")
	w.AwaitReservation("late", func(r *v1.Reservation) bool { return r.Decided() })
	w.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) && l.Status.Leader != "" })
	awaitMetric(w, a, "inventory_journal_leading", 1)
	w.Sold("mug")
	w.Settle()
}

// TestSelectorChangedByARestart: a deployment comes back with another selector, which leaves out a
// namespace that it led. Nobody else may ever lead there, and it says so, by the ledger and by a
// metric.
func TestSelectorChangedByARestart(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	before := deployment(w, "a", ofShard(w, "a")...)
	w.StockScarcely(5, "mug")
	label(w, "a")
	led := w.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) && l.Status.Leader != "" })
	if want := "/" + w.Namespace + "-a"; !strings.HasSuffix(led.Status.Lease, want) {
		t.Errorf("the lease of the deployment that leads is %q, want one that ends in %s", led.Status.Lease, want)
	}
	before.Kill()
	after := deployment(w, "a", ofShard(w, "b")...)
	given := w.AwaitLedger(func(l *v1.StockLedger) bool {
		c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionLedgerReady)
		return c != nil && c.Reason == v1.ReasonGivenUp
	})
	if given.Status.Leader != "" || given.Status.Lease != "" {
		t.Errorf("%q of %q leads a namespace that is given up", given.Status.Leader, given.Status.Lease)
	}
	awaitMetric(w, after, "inventory_journal_leading", 0)
	label(w, "b")
	w.AwaitLedger(func(l *v1.StockLedger) bool {
		return testbed.LedgerReady(&l.Status) && l.Status.Lease == led.Status.Lease
	})
}

// awaitGivenUp waits until a deployment has learned that the world's namespace is not its own.
// Until then it answers, and who asks at that very moment gets 503.
func awaitGivenUp(w *testbed.World, o *testbed.Operator) {
	w.Helper()
	awaitStock(w, o, http.StatusNotFound)
}

// awaitStock waits until a deployment answers a question about the world's namespace by a code.
func awaitStock(w *testbed.World, o *testbed.Operator, code int) {
	w.Helper()
	for deadline := time.Now().Add(testbed.Patience); ; time.Sleep(20 * time.Millisecond) { // a poll of another process
		got := o.Get("/namespaces/" + w.Namespace + "/stock/mug")
		if got.Code == code {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("a question is answered %d for good, want %d: %s", got.Code, code, got.Body)
		}
	}
}

// takeTurns has each of two deployments prove that it leads, one after the other, so that they stay
// in each other's way, until stop is called.
func takeTurns(w *testbed.World, a, b *testbed.Operator) (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	var asking sync.WaitGroup
	asking.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			_, _ = testbed.Release("none", testbed.PlainHTTP, "nobody").Send(ctx, []*testbed.Operator{a, b}[n%2].Bridge)
		}
	})
	return func() { cancel(); asking.Wait() }
}

// label gives the world's namespace to a shard.
func label(w *testbed.World, shard string) {
	w.Helper()
	labelAs(w, shard+"-"+w.Namespace)
}

// labelAs gives the world's namespace a label of the deployments' selectors.
func labelAs(w *testbed.World, value string) {
	w.Helper()
	clients, err := kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	w.Must(err)
	patch := `{"metadata":{"labels":{"` + shardLabel + `":"` + value + `"}}}`
	_, err = clients.CoreV1().Namespaces().Patch(w.Context(), w.Namespace, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	w.Must(err)
}

// TestOverlappingDeployments: two deployments that lead in one namespace by mistake slow each
// other down. Nothing is sold twice or lost, carts are decided all the same, and it is told,
// by the ledger and by a metric; also that it is over.
func TestOverlappingDeployments(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	stock := w.StockScarcely(15, "mug", "pot")
	sink := w.NewSink()
	a := deployment(w, "a", "--sink", sink.URL(), "--metrics-address", testbed.FreeAddress(w))
	b := deployment(w, "b", "--sink", sink.URL())
	observer := w.Observe(stock.Received)
	crowd := w.Gather(testbed.Load{Name: "c", Clients: 8, Carts: 6, Bridges: []string{a.Bridge, b.Bridge}, Items: stock.One})
	w.Reservation("by-hand", testbed.Line("pot", 1))
	stop := takeTurns(w, a, b)
	defer stop()
	contested := func(is metav1.ConditionStatus) *metav1.Condition {
		ledger := w.AwaitLedger(func(l *v1.StockLedger) bool {
			return meta.IsStatusConditionPresentAndEqual(l.Status.Conditions, v1.ConditionContested, is)
		})
		return meta.FindStatusCondition(ledger.Status.Conditions, v1.ConditionContested)
	}
	if c := contested(metav1.ConditionTrue); c.Reason != v1.ReasonAnotherDeploymentLeads || !strings.Contains(c.Message, "--namespace-selector") {
		t.Errorf("that two deployments lead is told by %s: %s", c.Reason, c.Message)
	}
	awaitMetric(w, a, "inventory_journal_contested", 1)
	w.AwaitReservation("by-hand", func(r *v1.Reservation) bool { return r.Decided() })
	crowd.Await(8 * 6) // each of them, while both lead
	stop()
	b.Stop()
	contested(metav1.ConditionFalse)
	awaitMetric(w, a, "inventory_journal_contested", 0)
	w.Settle()
	observer.CatchUp()
	observer.Stop()
	sink.Check()
}

// TestOverlappingSelectors: two deployments whose selectors overlap by mistake have one namespace
// in common, and one of their own each. Where both lead, carts are decided once and nothing is
// sold twice; the others are not touched by that, and each has one leader.
func TestOverlappingSelectors(t *testing.T) {
	t.Parallel()
	common, ofA, ofB := testbed.NewWorld(t), testbed.NewWorld(t), testbed.NewWorld(t)
	run := common.Namespace // tells the labels of this test from those of others
	selector := func(own string) []string {
		return []string{
			"--namespaces", "", "--namespace-selector", fmt.Sprintf("%s in (common-%s, %s-%s)", shardLabel, run, own, run),
			"--metrics-address", testbed.FreeAddress(common),
		}
	}
	a, b := deployment(common, "a", selector("a")...), deployment(common, "b", selector("b")...)
	labelAs(common, "common-"+run)
	labelAs(ofA, "a-"+run)
	labelAs(ofB, "b-"+run)

	const clients, carts = 6, 6
	shop := func(w *testbed.World, by ...*testbed.Operator) (*testbed.Observer, *testbed.Crowd) {
		stock := w.StockScarcely(20, "mug")
		observer := w.Observe(stock.Received)
		var bridges []string
		for _, o := range by {
			bridges = append(bridges, o.Bridge+"/namespaces/"+w.Namespace)
		}
		return observer, w.Gather(testbed.Load{Name: "c", Clients: clients, Carts: carts, Bridges: bridges, Items: stock.One})
	}
	seenCommon, inCommon := shop(common, a, b)
	seenA, inA := shop(ofA, a)
	seenB, inB := shop(ofB, b)
	stop := takeTurns(common, a, b)
	defer stop()
	awaitMetric(common, a, "inventory_journal_contested", 1)
	stop()
	inCommon.Await(clients * carts)
	inA.Await(clients * carts)
	inB.Await(clients * carts)
	for w, o := range map[*testbed.World]*testbed.Operator{ofA: a, ofB: b} {
		awaitMetric(w, o, "inventory_journal_leading", 1)
		awaitMetric(w, o, "inventory_journal_contested", 0)
		ledger := w.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) })
		if c := meta.FindStatusCondition(ledger.Status.Conditions, v1.ConditionContested); c != nil {
			t.Errorf("a namespace of one deployment is told to be contested: %s", c.Message)
		}
	}

	labelAs(common, "a-"+run) // the mistake is mended
	awaitGivenUp(common, b)
	b.Post("/namespaces/"+run+"/reservations", `{"cartId":"late","items":[{"productId":"mug","quantity":1}]}`).Want(t, http.StatusNotFound)
	awaitMetric(common, a, "inventory_journal_contested", 0)
	for w, crowd := range map[*testbed.World]*testbed.Crowd{common: inCommon, ofA: inA, ofB: inB} {
		testbed.Done(w, crowd)
		w.Sold("mug")
		w.Settle()
	}
	for _, o := range []*testbed.Observer{seenCommon, seenA, seenB} {
		o.CatchUp()
		o.Stop()
	}
	if n := len(seenA.Leaders) * len(seenB.Leaders); n != 1 {
		t.Errorf("namespaces of one deployment were led by %v and %v", seenA.Leaders, seenB.Leaders)
	}
	if len(seenCommon.Leaders) < 2 {
		t.Errorf("the common namespace was led by %v alone: nothing was contested", seenCommon.Leaders)
	}
}

// awaitMetric waits until a gauge of the world's namespace has a value.
func awaitMetric(w *testbed.World, o *testbed.Operator, name string, value int) {
	w.Helper()
	want := fmt.Sprintf("%s{namespace=%q} %d", name, w.Namespace, value)
	o.AwaitMetrics(want, func(metrics string) bool { return strings.Contains(metrics, want) })
}
