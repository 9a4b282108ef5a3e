package e2e

import (
	"fmt"
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

// annotate has a Namespace name a sink; null takes the annotation away.
func annotate(w *testbed.World, value string) {
	w.Helper()
	clients, err := kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	w.Must(err)
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%s}}}`, v1.SinkAnnotation, value)
	_, err = clients.CoreV1().Namespaces().Patch(w.Context(), w.Namespace, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	w.Must(err)
}

// TestNamespaceSink: the annotation of a Namespace says where its outcomes go, without a restart;
// while it names no sink, outcomes wait, the StockLedger says so, and none goes elsewhere.
func TestNamespaceSink(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	common, own := w.NewSink(), w.NewSink()
	o := w.Operate("--leader-elect=false", "--sink", common.URL(), "--namespaces", w.Namespace, "--default-namespace", w.Namespace)
	w.Stock("mug", "mug", "amsterdam", 10)
	reserve := func(cart string) {
		o.Post("/reservations", `{"cartId":"`+cart+`","items":[{"productId":"mug","quantity":1}]}`).Want(t, http.StatusCreated)
	}
	// says waits until the StockLedger says something of the sink.
	says := func(reason, text string) {
		w.AwaitLedger(func(l *v1.StockLedger) bool {
			c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionDelivering)
			return c != nil && c.Reason == reason && strings.Contains(c.Message, text)
		})
	}
	reserve("first")
	common.Await("the first cart", func() bool { return len(common.Events) == 1 })
	annotate(w, `"nonsense"`)
	says(v1.ReasonSinkInvalid, "nonsense")
	reserve("second")
	annotate(w, fmt.Sprintf("%q", own.URL()))
	own.Await("the second cart", func() bool { return len(own.Events) == 1 })
	says(v1.ReasonSinkAccepts, own.URL())
	w.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.Undelivered == 0 })
	annotate(w, "null")
	says(v1.ReasonSinkAccepts, common.URL())
	reserve("third")
	common.Await("the third cart", func() bool { return len(common.Events) == 2 })
	if n := len(own.Events); n != 1 {
		t.Errorf("the namespace's own sink got %d events, want 1", n)
	}
}
