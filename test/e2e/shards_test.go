package e2e

import (
	"net/http"
	"strings"
	"testing"

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

// TestNamespaceSelector: two deployments share a platform by labels. A namespace is taken up and
// given up without a restart, also while carts are under way: each gets one outcome, of whichever
// deployment, and a command for a namespace of the other is told where it belongs.
func TestNamespaceSelector(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	shard := func(name string) []string {
		return []string{"--namespaces", "", "--namespace-selector", shardLabel + "=" + name + "-" + w.Namespace}
	}
	a, b := deployment(w, "a", shard("a")...), deployment(w, "b", shard("b")...)
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
	w.Sold("mug")
	w.Settle()

	a.Post(path+"/reservations", cart).Want(t, http.StatusNotFound)
	b.Get(path+"/stock/mug").Want(t, http.StatusOK)
	leader := w.AwaitLedger(func(l *v1.StockLedger) bool {
		return meta.IsStatusConditionTrue(l.Status.Conditions, v1.ConditionLedgerReady)
	})
	if c := meta.FindStatusCondition(leader.Status.Conditions, v1.ConditionContested); c != nil {
		t.Errorf("deployments that share nothing are told to be in each other's way: %s", c.Message)
	}
	label(w, "nobody")
	b.Post(path+"/reservations", cart).Want(t, http.StatusNotFound)
}

// label gives the world's namespace to a shard.
func label(w *testbed.World, shard string) {
	w.Helper()
	clients, err := kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	w.Must(err)
	patch := `{"metadata":{"labels":{"` + shardLabel + `":"` + shard + "-" + w.Namespace + `"}}}`
	_, err = clients.CoreV1().Namespaces().Patch(w.Context(), w.Namespace, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	w.Must(err)
}

// TestOverlappingDeployments: two deployments that lead in one namespace by mistake slow each
// other down. Nothing is sold twice or lost, carts are decided all the same, and it is told;
// also that it is over.
func TestOverlappingDeployments(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	stock := w.StockScarcely(40, "mug", "pot")
	sink := w.NewSink()
	a, b := deployment(w, "a", "--sink", sink.URL()), deployment(w, "b", "--sink", sink.URL())
	observer := w.Observe(stock.Received)
	crowd := w.Gather(testbed.Load{Name: "c", Clients: 8, Carts: 15, Bridges: []string{a.Bridge, b.Bridge}, Items: stock.One})
	w.Reservation("by-hand", testbed.Line("pot", 1))
	contested := func(is metav1.ConditionStatus) *metav1.Condition {
		ledger := w.AwaitLedger(func(l *v1.StockLedger) bool {
			return meta.IsStatusConditionPresentAndEqual(l.Status.Conditions, v1.ConditionContested, is)
		})
		return meta.FindStatusCondition(ledger.Status.Conditions, v1.ConditionContested)
	}
	if c := contested(metav1.ConditionTrue); c.Reason != v1.ReasonAnotherDeploymentLeads || !strings.Contains(c.Message, "--namespace-selector") {
		t.Errorf("that two deployments lead is told by %s: %s", c.Reason, c.Message)
	}
	w.AwaitReservation("by-hand", func(r *v1.Reservation) bool { return r.Decided() })
	crowd.Await(8 * 15) // each of them, while both lead
	b.Stop()
	contested(metav1.ConditionFalse)
	w.Settle()
	observer.CatchUp()
	observer.Stop()
	sink.Check()
}
