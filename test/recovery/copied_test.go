package recovery

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/test/testbed"
)

// copyTo makes the pages, and the StockLedger with its status, again in another place, as backup
// tools do: with their content, and without what the API server gives.
func (p *place) copyTo(other *place) {
	p.Helper()
	var pages v1.JournalPageList
	p.Must(p.Client.List(p.Context(), &pages, client.InNamespace(p.Namespace)))
	if len(pages.Items) == 0 {
		p.Fatal("there are no pages")
	}
	for i := range pages.Items {
		page := &pages.Items[i]
		page.ObjectMeta = metav1.ObjectMeta{Namespace: other.Namespace, Name: page.Name, Labels: page.Labels, Annotations: page.Annotations}
		other.Must(other.Client.Create(other.Context(), page))
	}
}

// Pages that a backup tool has copied into another namespace, or cluster, decide nothing there.
// The condition says what to do, and doing that brings all of it back.
func TestCopiedPages(t *testing.T) {
	old, cluster := two(t)
	namespace := placeOf(testbed.NewWorld(t), t)
	held, _ := old.shop()
	file := old.export(t)
	for name, other := range map[string]*place{"another namespace": namespace, "another cluster": cluster} {
		t.Run(name, func(t *testing.T) {
			other.awaitRestore("true")
			old.copyTo(other)
			other.Declare("mug", "mug", "ams", 10)
			o := other.Operate("--leader-elect=false")
			text := other.awaitReason(v1.ConditionJournalDamaged, v1.ReasonDamaged)
			for _, what := range []string{"kubectl delete journalpages --all", "kubectl inventory restore"} {
				if !strings.Contains(text, what) {
					t.Errorf("the condition does not say %q: %s", what, text)
				}
			}
			if got := o.Request("POST", "/reservations", []byte(`{"cartId":"c","items":[{"productId":"mug","quantity":1}]}`), "Content-Type", "application/json"); got.Code != 503 {
				t.Errorf("a cart is answered %d: %s", got.Code, got.Body)
			}
			other.Must(other.Client.DeleteAllOf(t.Context(), &v1.JournalPage{}, client.InNamespace(other.Namespace)))
			other.awaitReason(v1.ConditionRestored, v1.ReasonAwaitingRestore)
			other.plugin(plugin.Done, "restore", file)
			other.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 3 && i.Status.Reserved == 3 })
			other.AwaitLedger(func(l *v1.StockLedger) bool {
				return !meta.IsStatusConditionTrue(l.Status.Conditions, v1.ConditionJournalDamaged)
			})
			if again := other.Ask(testbed.Reserve("held", testbed.PlainHTTP, testbed.Item("mug", 2)), o); again.Reservation != held.Reservation {
				t.Errorf("the hold is %+v", again)
			}
		})
	}
}
