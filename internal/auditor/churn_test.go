package auditor

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// TestChurn audits a namespace all the time while carts are made, released,
// shipped and deleted. No moment's lag counts as a difference.
func TestChurn(t *testing.T) {
	t.Parallel()
	const audits, carts = 4, 24
	w := operate(t, time.Millisecond, 1500*time.Millisecond)
	for _, product := range []string{"mug", "plate", "cup"} {
		w.receive(product, 1e6)
	}
	ctx, stop := context.WithCancel(t.Context())
	churned := make(chan int, 1)
	go func() { churned <- w.churn(ctx, carts) }()
	unsettled := int64(0)
	for range audits {
		unsettled += w.verdict()
	}
	stop()
	made := <-churned
	if made < 2*carts || unsettled == 0 {
		t.Errorf("%d carts and %d unsettled figures: nothing moved while it was audited", made, unsettled)
	}
	w.request("at rest")
	for {
		told := <-w.told
		if told.Consistent.Status != metav1.ConditionTrue {
			t.Fatalf("inconsistent: %s", told.Consistent.Message)
		}
		if told.Audit.LastHandledRequest == "at rest" {
			break
		}
	}
	t.Logf("%d carts, %d figures unsettled over %d audits", made, unsettled, audits)
}

// verdict waits for an audit, fails the test if it found anything, and returns
// how many figures it left unsettled.
func (w *world) verdict() int64 {
	w.Helper()
	select {
	case told := <-w.told:
		if told.Consistent.Status != metav1.ConditionTrue {
			w.Errorf("inconsistent: %s", told.Consistent.Message)
		}
		return told.Audit.Unsettled
	case <-time.After(2 * patience):
		w.Fatal("no audit came to an end")
		return 0
	}
}

// churn keeps carts going until ctx ends, and returns how many there were.
func (w *world) churn(ctx context.Context, carts int) (made int) {
	watcher, err := w.client.Watch(ctx, &v1.ReservationList{}, client.InNamespace(w.namespace))
	if err != nil {
		w.Errorf("watch: %v", err)
		return 0
	}
	defer watcher.Stop()
	next := func() {
		made++
		w.reserveOrStop(ctx, fmt.Sprintf("cart-%d", made), []string{"mug", "plate", "cup"}[made%3], int64(1+made%4))
	}
	for range carts {
		next()
	}
	acted := map[string]bool{}
	for event := range watcher.ResultChan() {
		r, ok := event.Object.(*v1.Reservation)
		if !ok || ctx.Err() != nil || r.Status.Phase != v1.PhaseReserved || acted[r.Name] {
			continue
		}
		acted[r.Name] = true
		w.finish(ctx, r, len(acted))
		next()
	}
	return made
}

// finish ends a cart in one way or another.
func (w *world) finish(ctx context.Context, r *v1.Reservation, turn int) {
	var err error
	switch turn % 3 {
	case 0:
		err = w.client.Delete(ctx, r)
	case 1:
		err = w.client.Patch(ctx, r, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"intent":"Release"}}`)))
	default:
		err = w.client.Patch(ctx, r, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"intent":"Consume"}}`)))
	}
	if err != nil && ctx.Err() == nil {
		w.Errorf("finish %s: %v", r.Name, err)
	}
}

func (w *world) reserveOrStop(ctx context.Context, name, product string, quantity int64) {
	r := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1.ReservationSpec{CartID: name, Intent: v1.IntentHold,
			Items: []v1.ReservationItem{{ProductID: product, Quantity: quantity}}},
	}
	if err := w.client.Create(ctx, r); err != nil && ctx.Err() == nil {
		w.Errorf("create %s: %v", name, err)
	}
}

func keyOf(o client.Object) client.ObjectKey { return client.ObjectKeyFromObject(o) }
