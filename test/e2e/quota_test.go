package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// A quota of Reservations bounds the objects alone: carts are decided and answered, and are shown
// once there is room.
func TestQuotaOfReservations(t *testing.T) {
	w := testbed.NewWorld(t)
	o := w.Operate()
	w.Stock("mug", "mug", "amsterdam", 5)
	quota := newQuota(w, "count/reservations.inventory.acme.com")
	quota.allow(0)
	quota.await(&v1.Reservation{ObjectMeta: metav1.ObjectMeta{Name: "probe"}, Spec: v1.ReservationSpec{CartID: "probe", Items: []v1.ReservationItem{testbed.Line("mug", 1)}}})
	quota.allow(1)
	var ids []string
	for i := range 3 {
		var told outcome
		o.Post("/reservations", `{"cartId":"c","items":[{"productId":"mug","quantity":1}]}`, "Idempotency-Key", fmt.Sprint(i)).
			Want(t, http.StatusCreated).Decode(t, &told)
		o.Get("/reservations/"+told.ReservationID).Want(t, http.StatusOK)
		ids = append(ids, told.ReservationID)
	}
	w.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.Open == 3 && l.Status.Totals.Unshown == 2 })
	if shown := w.Reservations(); len(shown) != 1 {
		t.Errorf("the quota lets %d objects be", len(shown))
	}
	quota.allow(10)
	for _, id := range ids {
		w.AwaitPhase(id, v1.PhaseReserved)
	}
	w.Settle()
}

// Where a quota lets no JournalPage be made, no cart is decided, and the StockLedger says why; once
// one may be made, all goes on by itself.
func TestQuotaOfPages(t *testing.T) {
	w := testbed.NewWorld(t)
	quota := newQuota(w, "count/journalpages.inventory.acme.com")
	quota.allow(0)
	o := w.Operate()
	w.Declare("mug", "mug", "amsterdam", 5)
	w.AwaitLedger(func(l *v1.StockLedger) bool {
		c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionLedgerReady)
		return c != nil && c.Reason == v1.ReasonUnwritable && strings.Contains(c.Message, "exceeded quota: few") && strings.Contains(c.Message, "ResourceQuota")
	})
	cart := func(header ...string) testbed.Response {
		return o.Post("/reservations", `{"cartId":"c","items":[{"productId":"mug","quantity":1}]}`, append(header, "Idempotency-Key", "c")...)
	}
	cart("Prefer", "wait=1").Want(t, http.StatusServiceUnavailable)
	quota.allow(1)
	w.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) })
	cart().Want(t, http.StatusCreated)
	w.Settle()
}

// quota is a ResourceQuota of one resource. What is used is counted by the API server; the
// controller that would bring its status up to date does not run here.
type quota struct {
	*testbed.World
	clients  kubernetes.Interface
	resource corev1.ResourceName
}

func newQuota(w *testbed.World, of corev1.ResourceName) *quota {
	w.Helper()
	clients, err := kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	w.Must(err)
	q := &quota{w, clients, of}
	_, err = clients.CoreV1().ResourceQuotas(w.Namespace).Create(w.Context(), &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "few"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{of: resource.MustParse("0")}},
	}, metav1.CreateOptions{})
	w.Must(err)
	return q
}

// allow lets there be some objects beside those that there are.
func (q *quota) allow(objects int64) {
	q.Helper()
	quotas := q.clients.CoreV1().ResourceQuotas(q.Namespace)
	few, err := quotas.Get(q.Context(), "few", metav1.GetOptions{})
	q.Must(err)
	used := few.Status.Used[q.resource]
	few.Spec.Hard[q.resource] = *resource.NewQuantity(used.Value()+objects, resource.DecimalSI)
	few, err = quotas.Update(q.Context(), few, metav1.UpdateOptions{})
	q.Must(err)
	few.Status.Hard, few.Status.Used = few.Spec.Hard, corev1.ResourceList{q.resource: used}
	_, err = quotas.UpdateStatus(q.Context(), few, metav1.UpdateOptions{})
	q.Must(err)
}

// await waits until the API server, which learns of quotas by a watch, refuses an object that this
// one does not allow.
func (q *quota) await(object client.Object) {
	q.Helper()
	object.SetNamespace(q.Namespace)
	for deadline := time.Now().Add(testbed.Patience); ; time.Sleep(20 * time.Millisecond) { // a poll of another process
		err := q.Client.Create(q.Context(), object.DeepCopyObject().(client.Object), client.DryRunAll)
		if apierrors.IsForbidden(err) {
			return
		}
		if time.Now().After(deadline) {
			q.Fatalf("the quota is never heeded: %v", err)
		}
	}
}
