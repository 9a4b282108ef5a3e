package publisher

import (
	"context"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
	"github.com/acme/inventory-service/test/fixture"
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
	config    *rest.Config
	client    client.WithWatch
}

func newShop(t *testing.T) *shop {
	t.Helper()
	cp := controlplanetest.Shared(t)
	s := &shop{t: t, namespace: controlplanetest.Namespace(t, cp), config: cp.RESTConfig()}
	scheme := runtime.NewScheme()
	err := v1.AddToScheme(scheme)
	if err == nil {
		s.client, err = client.NewWithWatch(s.config, client.Options{Scheme: scheme})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// operator is a process: a Runner and a publisher that attends its namespace.
type operator struct {
	*Publisher
	*allocator.Runner
	s *shop
	// leave ends Attend and stop the Runner too.
	leave, stop func()
}

// start runs a process that leads until it is stopped.
func (s *shop) start(o Options) *operator {
	s.t.Helper()
	op := &operator{Runner: s.runner(), s: s}
	o.Client = s.client
	var err error
	if op.Publisher, err = New(o); err != nil {
		s.t.Fatal(err)
	}
	op.afterRefusal = backoff{base: 50 * time.Millisecond, limit: 200 * time.Millisecond}
	op.afterFailure.limit = 500 * time.Millisecond
	op.inTrouble.limit = 200 * time.Millisecond
	attending, leave := context.WithCancel(context.Background())
	running, stop := context.WithCancel(context.Background())
	var attends, runs sync.WaitGroup
	op.SeeNamespace(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}})
	attends.Go(func() { op.Attend(attending, s.namespace, op.Runner) })
	runs.Go(func() {
		if err := op.Run(running); err != nil {
			s.t.Error(err)
		}
	})
	op.leave = func() {
		leave()
		attends.Wait()
		op.options.HTTPClient.CloseIdleConnections()
	}
	op.stop = func() {
		op.leave()
		stop()
		runs.Wait()
	}
	s.t.Cleanup(op.stop)
	op.Elect(true)
	op.receive()
	return op
}

func (s *shop) runner() *allocator.Runner {
	clock := &allocator.ServerClock{}
	config := rest.CopyConfig(s.config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return clock.Transport(next) })
	pages, err := journal.NewClient(config, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	name := uuid.NewString()
	return allocator.NewRunner(allocator.RunnerOptions{
		Client: pages, Namespace: s.namespace, Now: clock.Now, Policy: fixture.Policy(),
		Config: fixture.Config(name, func(c *journal.Config) { c.Pack = journal.Pack }),
	})
}

// ask repeats a request until it is answered.
func (op *operator) ask(request stock.Request) stock.Answer {
	op.s.t.Helper()
	ctx, cancel := context.WithTimeout(op.s.t.Context(), patience)
	defer cancel()
	for {
		answer, err := op.Ask(ctx, request)
		if err != nil {
			op.s.t.Fatal(err)
		}
		if answer.Verdict != stock.Outdated {
			return answer
		}
	}
}

// receive takes in mugs for all carts.
func (op *operator) receive() {
	op.s.t.Helper()
	op.ask(stock.PutItem{Item: fixture.Item("mugs", fixture.Stocks("mug", "ams", 1<<40)), Read: 1})
}

// reserve has a cart decided.
func (op *operator) reserve() *stock.Reservation {
	op.s.t.Helper()
	id := stock.ID(uuid.NewString())
	answer := op.ask(fixture.Reserve(id, fixture.WithoutTime(), fixture.Outcome(stock.ID(uuid.NewString()))))
	if answer.Verdict != stock.Done {
		op.s.t.Fatal(fixture.Words(answer))
	}
	return answer.Reservation
}

// show makes the object of a reservation, as a controller does.
func (s *shop) show(r *stock.Reservation) *v1.Reservation {
	s.t.Helper()
	object := view.Reservation(s.namespace, r)
	object.UID, object.Spec.CartID = "", "cart"
	status := object.Status
	if err := s.client.Create(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
	object.Status = status
	if err := s.client.Status().Update(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
	return object
}

func (s *shop) get(r *stock.Reservation) *v1.Reservation {
	s.t.Helper()
	var object v1.Reservation
	if err := s.client.Get(s.t.Context(), client.ObjectKey{Namespace: s.namespace, Name: view.Name(r)}, &object); err != nil {
		s.t.Fatal(err)
	}
	return &object
}

// await waits for an object to be as wanted.
func (s *shop) await(r *stock.Reservation, wanted func(*v1.Reservation) bool) *v1.Reservation {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	object := s.get(r)
	watch, err := s.client.Watch(ctx, &v1.ReservationList{}, client.InNamespace(s.namespace),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", object.Name)},
		&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: object.ResourceVersion}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer watch.Stop()
	for !wanted(object) {
		change, open := <-watch.ResultChan()
		if !open {
			s.t.Fatalf("%s is not as wanted: %+v", object.Name, object.Status)
		}
		object = change.Object.(*v1.Reservation)
	}
	return object
}

func (op *operator) marks() (m stock.Marks) {
	op.Read(func(s *stock.State, _ *journal.Log) { m = s.Marks() })
	return m
}

// published waits until the mark has passed an outcome.
func (op *operator) published(number uint64) {
	op.s.t.Helper()
	late := time.After(patience)
	for {
		news := op.News()
		m := op.marks()
		if m.Published >= number {
			return
		}
		select {
		case <-news:
		case <-late:
			op.s.t.Fatalf("the marks are %+v", m)
		}
	}
}
