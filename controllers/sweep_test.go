package controllers

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/outcomes"
)

// A sweep queues what becomes due within the horizon, and that only.
func TestSweep(t *testing.T) {
	c := apiClient(t)
	made := pending(t, c)
	r, _ := reconciler(t, c, held)
	if _, err := r.Reconcile(t.Context(), requestFor(made)); err != nil {
		t.Fatal(err)
	}
	delivered := false
	sweep := func(at time.Time) map[reconcile.Request]time.Duration {
		t.Helper()
		fixed := clocktesting.NewFakePassiveClock(at)
		r.Clock = fixed
		r.Retention = Retention{After: time.Hour, Delivered: func(*v1.Reservation) bool { return delivered }, Clock: fixed}
		added := map[reconcile.Request]time.Duration{}
		err := r.sweep(t.Context(), func(req reconcile.Request, after time.Duration) { added[req] = after })
		if err != nil {
			t.Fatal(err)
		}
		return added
	}
	after := func(d time.Duration) map[reconcile.Request]time.Duration {
		return map[reconcile.Request]time.Duration{requestFor(read(t, c, made.Name)): d}
	}
	check := func(when string, got, want map[reconcile.Request]time.Duration) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	none := map[reconcile.Request]time.Duration{}
	end, beyond := expiresAt.Time, DefaultHorizon+time.Second
	check("long before it expires", sweep(end.Add(-beyond)), none)
	check("as far ahead as the horizon", sweep(end.Add(-DefaultHorizon)), after(DefaultHorizon))
	check("a second before it expires", sweep(end.Add(-time.Second)), after(time.Second))
	check("long after it should have expired", sweep(end.Add(time.Hour)), after(0))

	r.Clock = clocktesting.NewFakePassiveClock(end)
	if _, err := r.Reconcile(t.Context(), requestFor(made)); err != nil {
		t.Fatal(err)
	}
	end = end.Add(time.Hour)
	check("long before its retention ends", sweep(end.Add(-beyond)), none)
	check("a second before its retention ends", sweep(end.Add(-time.Second)), after(time.Second))
	check("kept long enough, but not delivered", sweep(end), none)
	delivered = true
	check("kept long enough and delivered", sweep(end), after(0))
}

// What a sweep finds too late, as after an outage, comes after what clients wait for.
func TestLateOnesComeLast(t *testing.T) {
	c := apiClient(t)
	made := pending(t, c)
	r, _ := reconciler(t, c, held)
	if _, err := r.Reconcile(t.Context(), requestFor(made)); err != nil {
		t.Fatal(err)
	}
	for when, want := range map[time.Duration]int{-20 * time.Millisecond: 0, time.Hour: handler.LowPriority} {
		r.Clock = clocktesting.NewFakePassiveClock(expiresAt.Add(when))
		queue := priorityqueue.New[reconcile.Request]("")
		defer queue.ShutDown()
		if err := r.sweeps(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
		if req, priority, _ := queue.GetWithPriority(); req.Name != made.Name || priority != want {
			t.Errorf("swept %s after its end, %s has priority %d, want %d", when, req.Name, priority, want)
		}
	}
}

// What is not due soon does not pass to the queue.
func TestSoon(t *testing.T) {
	c := apiClient(t)
	made := pending(t, c)
	r, _ := reconciler(t, c, held)
	passes := func(at time.Time) bool {
		r.Clock = clocktesting.NewFakePassiveClock(at)
		return r.soon().Update(event.UpdateEvent{ObjectNew: read(t, c, made.Name)})
	}
	if !passes(now) {
		t.Error("it is not decided")
	}
	if _, err := r.Reconcile(t.Context(), requestFor(made)); err != nil {
		t.Fatal(err)
	}
	if passes(now) {
		t.Error("it is queued a quarter of an hour before it expires")
	}
	if !passes(expiresAt.Add(-time.Second)) {
		t.Error("it does not expire")
	}
	release := func(r *v1.Reservation) {
		r.Spec.Intent, r.Spec.ReleaseReason = v1.IntentRelease, v1.ReleaseOrderCancelled
	}
	change(t, c, made.Name, release)
	if !passes(now) {
		t.Error("it is not released")
	}
}

// holding decides that everything is held for so long.
type holding time.Duration

func (h holding) Reserve(_ context.Context, r *v1.Reservation) (allocator.Decision, error) {
	at := time.Now()
	return allocator.Decision{Hold: &v1.InFlightHold{
		UID: r.UID, Name: r.Name, Allocations: allocated,
		ReservedAt: metav1.NewMicroTime(at), ExpiresAt: metav1.NewTime(at.Add(time.Duration(h))),
	}}, nil
}

func (h holding) Consume(ctx context.Context, r *v1.Reservation, _ []v1.Take) (allocator.Decision, error) {
	return h.Reserve(ctx, r)
}

func (holding) SeeReservation(*v1.Reservation) {}

// Under a manager nothing but sweeps bring back what expires beyond the horizon, and
// what is deleted beyond it.
func TestSweepsBringBack(t *testing.T) {
	cp := controlplanetest.Shared(t)
	namespace := controlplanetest.Namespace(t, cp)
	mgr, err := ctrl.NewManager(cp.RESTConfig(), ctrl.Options{
		Scheme: scheme(t), Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)}, // it may run twice
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &ReservationReconciler{
		Client: mgr.GetClient(), APIReader: mgr.GetAPIReader(), Board: outcomes.NewBoard(), Allocator: holding(4 * time.Second),
		Retention: Retention{After: 4 * time.Second, Delivered: func(*v1.Reservation) bool { return true }, Clock: clock.RealClock{}},
		Clock:     clock.RealClock{}, Workers: 1, Horizon: time.Second,
	}
	if err := r.SetupWithManager(mgr); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running errgroup.Group
	running.Go(func() error { return mgr.Start(ctx) })
	defer func() {
		stop()
		if err := running.Wait(); err != nil {
			t.Errorf("the manager ended with: %v", err)
		}
	}()

	c := client.NewNamespacedClient(mgr.GetClient(), namespace)
	made := pending(t, c)
	var phases []v1.Phase
	err = wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		var got v1.Reservation
		if err := mgr.GetAPIReader().Get(ctx, client.ObjectKeyFromObject(made), &got); err != nil {
			return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
		}
		if phase := got.CurrentPhase(); !slices.Contains(phases, phase) {
			phases = append(phases, phase)
		}
		return false, nil
	})
	if err != nil {
		t.Errorf("it is still there: %v", err)
	}
	phases = slices.DeleteFunc(phases, func(p v1.Phase) bool { return p == v1.PhasePending }) // which may have been missed
	if want := []v1.Phase{v1.PhaseReserved, v1.PhaseReleased}; !slices.Equal(phases, want) {
		t.Errorf("its phases were %v, want %v", phases, want)
	}
}
