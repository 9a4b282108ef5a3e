package webhook

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/lifecycle"
	"github.com/acme/inventory-service/internal/outcomes"
)

func TestMain(m *testing.M) {
	ctrllog.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, "../config/crd"))
}

// shelf is a stock of products without locations, and answers for stock levels.
type shelf struct {
	mu        sync.Mutex
	available map[string]int64
	reserved  map[string]int64
}

func (s *shelf) StockLevel(_, productID string) (available, reserved int64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	available, known = s.available[productID]
	return available, s.reserved[productID], known
}

// take decides a cart: all of its items, or the lines that are short.
func (s *shelf) take(items []v1.ReservationItem) (short []v1.UnavailableItem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, item := range items {
		if item.Quantity > s.available[item.ProductID] {
			short = append(short, v1.UnavailableItem{ProductID: item.ProductID, Requested: item.Quantity, Available: s.available[item.ProductID]})
		}
	}
	if short == nil {
		for _, item := range items {
			s.available[item.ProductID] -= item.Quantity
			s.reserved[item.ProductID] += item.Quantity
		}
	}
	return short
}

// store is one namespace on a real API server, with informers that tell a board,
// and somebody who decides reservations as the operator would.
type store struct {
	namespace string
	client    client.WithWatch
	cache     client.Reader
	board     *outcomes.Board
	shelf     *shelf
}

func newStore(t *testing.T) *store {
	t.Helper()
	cp := controlplanetest.Shared(t)
	scheme := newScheme(t)
	c, err := client.NewWithWatch(cp.RESTConfig(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	s := &store{
		namespace: controlplanetest.Namespace(t, cp),
		client:    c,
		board:     outcomes.NewBoard(),
		shelf:     &shelf{available: map[string]int64{"plenty": 1_000_000, "few": 2, "none": 0}, reserved: map[string]int64{}},
	}
	informers, err := cache.New(cp.RESTConfig(), cache.Options{Scheme: scheme, DefaultNamespaces: map[string]cache.Config{s.namespace: {}}})
	if err != nil {
		t.Fatal(err)
	}
	s.start(t, informers)
	return s
}

func newScheme(t testing.TB) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return scheme
}

// start runs the informers until the test ends.
func (s *store) start(t *testing.T, informers cache.Cache) {
	t.Helper()
	s.cache = informers
	informer, err := informers.GetInformer(t.Context(), &v1.Reservation{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { s.board.Announce(obj.(*v1.Reservation)) },
		UpdateFunc: func(_, obj any) { s.board.Announce(obj.(*v1.Reservation)) },
		DeleteFunc: func(obj any) {
			if r, ok := obj.(*v1.Reservation); ok {
				s.board.AnnounceDeleted(r)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := informers.Start(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	if !informers.WaitForCacheSync(ctx) {
		t.Fatal("the informers did not sync")
	}
}

// decide lets somebody decide, release and consume reservations until the test ends or the
// returned function is called.
func (s *store) decide(t *testing.T) (stop func()) {
	t.Helper()
	watch, err := s.client.Watch(t.Context(), &v1.ReservationList{}, client.InNamespace(s.namespace))
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for event := range watch.ResultChan() {
			if r, ok := event.Object.(*v1.Reservation); ok && event.Type != "DELETED" {
				s.settle(t, r)
			}
		}
	})
	stop = sync.OnceFunc(func() { watch.Stop(); running.Wait() })
	t.Cleanup(stop)
	return stop
}

// settle takes the step that is due for a Reservation, as the operator would,
// without a ledger: every fold takes the units of one Reservation.
func (s *store) settle(t *testing.T, r *v1.Reservation) {
	now := time.Now()
	switch action, _ := lifecycle.Due(r, now); action {
	case lifecycle.Decide:
		if short := s.shelf.take(r.Spec.Items); short != nil {
			lifecycle.Refuse(r, now, short)
		} else {
			lifecycle.Reserve(r, v1.InFlightHold{
				ReservedAt: metav1.NewMicroTime(now), ExpiresAt: metav1.NewTime(now.Add(time.Hour)), Allocations: spread(r.Spec.Items),
			})
		}
	case lifecycle.Ship:
		lifecycle.Consume(r, r.Status.FoldID+1, lifecycle.Takes(r), nil, now)
	case lifecycle.GiveBack:
		lifecycle.Give(r, now)
	case lifecycle.Release, lifecycle.Expire:
		lifecycle.Free(r, now)
	default:
		return
	}
	// A conflict means that there is a newer version, which the watch brings too.
	if err := s.client.Status().Update(context.Background(), r); err == nil {
		s.board.Announce(r)
	} else if client.IgnoreNotFound(err) != nil {
		t.Logf("settling %s: %v", r.Name, err)
	}
}

// spread takes up to three units of each item from the north, the rest from the
// south.
func spread(items []v1.ReservationItem) []v1.Allocation {
	const north = 3
	var allocations []v1.Allocation
	for _, item := range items {
		allocations = append(allocations, v1.Allocation{ProductID: item.ProductID, LocationID: "north", Quantity: min(north, item.Quantity)})
		if item.Quantity > north {
			allocations = append(allocations, v1.Allocation{ProductID: item.ProductID, LocationID: "south", Quantity: item.Quantity - north})
		}
	}
	return allocations
}

// options are a bridge's on this store.
func (s *store) options() Options {
	return Options{
		Client: s.client, APIReader: s.client, Cache: s.cache, Board: s.board, Stock: s.shelf,
		Ready: func() error { return nil }, DefaultNamespace: s.namespace,
	}
}

// get reads a Reservation from the API server.
func (s *store) get(t *testing.T, name string) *v1.Reservation {
	t.Helper()
	r := &v1.Reservation{}
	if err := s.client.Get(t.Context(), client.ObjectKey{Namespace: s.namespace, Name: name}, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// names are those of all Reservations.
func (s *store) names(t *testing.T) []string {
	t.Helper()
	var list v1.ReservationList
	if err := s.client.List(t.Context(), &list, client.InNamespace(s.namespace)); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range list.Items {
		names = append(names, r.Name)
	}
	return names
}
