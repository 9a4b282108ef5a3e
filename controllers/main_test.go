package controllers

import (
	"context"
	"os"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/outcomes"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, "../config/crd")) }

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	if err := v1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// apiClient reads from and writes to a real API server, in a namespace of its
// own.
func apiClient(t *testing.T) client.Client {
	t.Helper()
	cp := controlplanetest.Shared(t)
	c, err := client.New(cp.RESTConfig(), client.Options{Scheme: scheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	return client.NewNamespacedClient(c, controlplanetest.Namespace(t, cp))
}

// pending is a new Reservation of 5 units.
func pending(t *testing.T, c client.Client) *v1.Reservation {
	t.Helper()
	r := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Name: "r"},
		Spec: v1.ReservationSpec{
			CartID: "cart", Intent: v1.IntentHold,
			Items: []v1.ReservationItem{{ProductID: "p", Quantity: 2}, {ProductID: "q", Quantity: 3}},
		},
	}
	if err := c.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// decider is the allocator of a test: it answers what it is told to, call by
// call, and remembers what it was shown.
type decider struct {
	t       *testing.T
	answers []func(r *v1.Reservation) (allocator.Decision, error)
	seen    []v1.Phase
}

func (d *decider) Reserve(_ context.Context, r *v1.Reservation) (allocator.Decision, error) {
	if len(d.answers) == 0 {
		d.t.Fatalf("asked again for %s", r.Name)
	}
	answer := d.answers[0]
	d.answers = d.answers[1:]
	return answer(r)
}

func (d *decider) Consume(ctx context.Context, r *v1.Reservation, _ []v1.Take) (allocator.Decision, error) {
	return d.Reserve(ctx, r)
}

func (d *decider) SeeReservation(r *v1.Reservation) { d.seen = append(d.seen, r.CurrentPhase()) }

// reconciler reads from c itself instead of from a cache.
func reconciler(t *testing.T, c client.Client, answers ...func(*v1.Reservation) (allocator.Decision, error)) (*ReservationReconciler, *decider) {
	t.Helper()
	d := &decider{t: t, answers: answers}
	clock := clocktesting.NewFakePassiveClock(now)
	return &ReservationReconciler{
		Client: c, APIReader: c, Allocator: d, Board: outcomes.NewBoard(), Clock: clock,
		Retention: Retention{After: time.Hour, Delivered: func(*v1.Reservation) bool { return true }, Clock: clock},
	}, d
}

func requestFor(o client.Object) ctrl.Request {
	return ctrl.Request{NamespacedName: client.ObjectKeyFromObject(o)}
}

func read(t *testing.T, c client.Client, name string) *v1.Reservation {
	t.Helper()
	var r v1.Reservation
	if err := c.Get(t.Context(), client.ObjectKey{Name: name}, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// change updates the spec of the stored Reservation, past the reconciler.
func change(t *testing.T, c client.Client, name string, edit func(*v1.Reservation)) {
	t.Helper()
	r := read(t, c, name)
	edit(r)
	if err := c.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}
