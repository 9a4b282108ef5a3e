package controllers

import (
	"context"
	"errors"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"k8s.io/utils/ptr"

	"github.com/acme/inventory-service/internal/stock"
)

// startController runs the controller of an operator, with a cache, until the test ends.
func (o *operator) startController() {
	o.t.Helper()
	mgr, err := ctrl.NewManager(o.config, ctrl.Options{
		Scheme: scheme(o.t), Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{o.namespace: {}}},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)}, // there are several
	})
	if err != nil {
		o.t.Fatal(err)
	}
	o.r.Client, o.r.APIReader = mgr.GetClient(), mgr.GetAPIReader()
	if err := o.r.SetupWithManager(mgr); err != nil {
		o.t.Fatal(err)
	}
	o.runs(func(ctx context.Context) {
		if err := mgr.Start(ctx); err != nil {
			o.t.Errorf("the manager ended with: %v", err)
		}
	})
}

// What the journal changed comes as names of objects, however long nobody took it.
func TestQueue(t *testing.T) {
	o := leader(t)
	o.command("b")
	uid := stock.ID(o.made("r").UID)
	o.reconcile("r")
	q := NewQueue(Showing{})
	q.Changed(o.namespace, stock.Changes{Reservations: []stock.ID{"b", uid, "b", "unknown"}})
	o.runs(func(ctx context.Context) { q.Attend(ctx, o.namespace, o.runner) })
	made, views := priorityqueue.New[reconcile.Request](""), priorityqueue.New[reconcile.Request]("")
	defer made.ShutDown()
	defer views.ShutDown()
	if err := errors.Join(q.Reservations(t.Context(), made), q.Views(t.Context(), views)); err != nil {
		t.Fatal(err)
	}
	for name, queue := range map[string]priorityqueue.PriorityQueue[reconcile.Request]{"r": made, "b": views} {
		if req, priority, _ := queue.GetWithPriority(); req.Name != name || priority != viewPriority {
			t.Errorf("told %v at %d, want %s", req, priority, name)
		}
	}
	if q.Waits() {
		t.Error("something waits after all was taken")
	}
}

// An inbox keeps each thing once, and nothing of a namespace that nobody attends any more.
func TestInbox(t *testing.T) {
	var i inbox
	i.put("shop", []stock.ID{"a", "b", "a"})
	b, leave := i.attend("shop")
	_, leaveToo := i.attend("shop")
	if taken := i.take(b); len(taken) != 2 {
		t.Errorf("took %v", taken)
	}
	if taken := i.take(b); len(taken) != 0 {
		t.Errorf("took %v again", taken)
	}
	leave()
	i.put("shop", []stock.ID{"c"})
	if taken := i.take(b); len(taken) != 1 {
		t.Errorf("one has left, and the other takes %v", taken)
	}
	leaveToo()
	if len(i.boxes) != 0 {
		t.Errorf("%d namespaces are remembered", len(i.boxes))
	}
}

// A schedule gives what is due, each once, the earliest first.
func TestSchedule(t *testing.T) {
	var s schedule
	if _, ok := s.next(); ok {
		t.Error("there is something in it")
	}
	s.add(now.Add(2*time.Second), "c")
	s.add(now, "a")
	s.add(now.Add(time.Second), "a")
	s.add(now.Add(time.Second), "b")
	if at, ok := s.next(); !ok || !at.Equal(now) {
		t.Errorf("next is %s, %t", at, ok)
	}
	if due := s.take(now.Add(-time.Second)); len(due) != 0 {
		t.Errorf("due before the time: %v", due)
	}
	if due := s.take(now.Add(time.Second)); len(due) != 2 {
		t.Errorf("due are %v, want a and b", due)
	}
	if at, ok := s.next(); !ok || !at.Equal(now.Add(2*time.Second)) {
		t.Errorf("next is %s, %t", at, ok)
	}
}
