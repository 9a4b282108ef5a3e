package publisher

import (
	"context"
	"maps"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

func TestMain(m *testing.M) {
	logf.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, "../../config/crd"))
}

// patience bounds every wait of a test.
const patience = time.Minute

// shop is a namespace of the real API server.
type shop struct {
	t         *testing.T
	namespace string
	client    client.WithWatch
	scheme    *runtime.Scheme
}

func newShop(t *testing.T) *shop {
	t.Helper()
	cp := controlplanetest.Shared(t)
	s := &shop{t: t, namespace: controlplanetest.Namespace(t, cp), scheme: runtime.NewScheme()}
	must(v1.AddToScheme(s.scheme))
	var err error
	if s.client, err = client.NewWithWatch(cp.RESTConfig(), client.Options{Scheme: s.scheme}); err != nil {
		t.Fatal(err)
	}
	return s
}

// reserve creates a Reservation and writes its outcome.
func (s *shop) reserve(name string) *v1.Reservation {
	s.t.Helper()
	r := reservation(s.namespace, name, "")
	if err := s.client.Create(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
	r.Status = decide(r).Status
	if err := s.client.Status().Update(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *shop) get(name string) *v1.Reservation {
	s.t.Helper()
	var r v1.Reservation
	if err := s.client.Get(s.t.Context(), client.ObjectKey{Namespace: s.namespace, Name: name}, &r); err != nil {
		s.t.Fatal(err)
	}
	return &r
}

// await waits for a Reservation to be as wanted.
func (s *shop) await(name string, wanted func(*v1.Reservation) bool) *v1.Reservation {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	r := s.get(name)
	watch, err := s.client.Watch(ctx, &v1.ReservationList{}, client.InNamespace(s.namespace),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", name)},
		&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: r.ResourceVersion}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer watch.Stop()
	for !wanted(r) {
		change, open := <-watch.ResultChan()
		if !open {
			s.t.Fatalf("%s is not as wanted: %+v", name, r.Status)
		}
		r = change.Object.(*v1.Reservation)
	}
	return r
}

// start runs a publisher until the returned function is called.
func (s *shop) start(o Options) (*Publisher, *journal, func()) {
	s.t.Helper()
	informers, err := cache.New(controlplanetest.Shared(s.t).RESTConfig(), cache.Options{Scheme: s.scheme})
	if err != nil {
		s.t.Fatal(err)
	}
	j := &journal{shop: s, news: make(chan struct{}), told: map[string]progress{}}
	o.Cache, o.Client, o.Journal = informers, s.client, j
	p, err := New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	p.afterRefusal = backoff{base: 50 * time.Millisecond, limit: 200 * time.Millisecond}
	p.afterFailure.limit = 500 * time.Millisecond
	ctx, cancel := context.WithCancel(s.t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = informers.Start(ctx) })
	if !informers.WaitForCacheSync(ctx) { // as the manager does
		s.t.Fatal("the cache does not start")
	}
	running.Go(func() {
		if err := p.Start(ctx); err != nil {
			s.t.Error(err)
		}
	})
	stop := sync.OnceFunc(func() {
		cancel()
		running.Wait()
		p.options.HTTPClient.CloseIdleConnections()
	})
	s.t.Cleanup(stop)
	return p, j, stop
}

// journal keeps progress in memory until it is saved.
type journal struct {
	shop *shop
	mu   sync.Mutex
	told map[string]progress
	news chan struct{}
}

func (j *journal) RecordProgress(namespace string, cursor uint64, backlog int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.told[namespace] = progress{cursor: cursor, backlog: int(backlog)}
	close(j.news)
	j.news = make(chan struct{})
}

func (j *journal) now() (progress, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.told)[j.shop.namespace], j.news
}

// await waits for progress as wanted.
func (j *journal) await(wanted func(progress) bool) progress {
	j.shop.t.Helper()
	late := time.After(patience)
	for {
		now, news := j.now()
		if wanted(now) {
			return now
		}
		select {
		case <-news:
		case <-late:
			j.shop.t.Fatalf("the progress is %+v", now)
		}
	}
}

// save writes the progress into the StockLedger, as the allocator would.
func (j *journal) save() {
	s := j.shop
	s.t.Helper()
	ledger := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: v1.LedgerName}}
	err := s.client.Create(s.t.Context(), ledger)
	if apierrors.IsAlreadyExists(err) {
		err = s.client.Get(s.t.Context(), client.ObjectKeyFromObject(ledger), ledger)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	now, _ := j.now()
	ledger.Status.Cursor, ledger.Status.Totals.Backlog = strconv.FormatUint(now.cursor, 10), int64(now.backlog)
	if err := s.client.Status().Update(s.t.Context(), ledger); err != nil {
		s.t.Fatal(err)
	}
}
