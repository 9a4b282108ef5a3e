package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/forward"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
	"github.com/acme/inventory-service/test/fixture"
)

func TestMain(m *testing.M) {
	ctrllog.SetLogger(logr.Discard())
	os.Exit(postgrestest.Main(func() int {
		return controlplanetest.Main(m, "../config/crd", "../config/default/namespace.yaml", "../config/rbac")
	}))
}

func newScheme(t testing.TB) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return scheme
}

// process is one operator's journals on a real API server.
type process struct {
	set    *namespaces.Set
	client client.WithWatch
	// port takes what is forwarded; nil where nothing is.
	port *forward.Port
	self journal.Leader
	// end ends the process; it is called once more at the end of the test.
	end func()
}

// newProcess runs the journals of one more process until the test ends.
func newProcess(t *testing.T, config *rest.Config) *process {
	t.Helper()
	return runProcess(t, config, nil, journal.Leader{Name: uuid.NewString()})
}

// newForwarding is newProcess for one that takes what is forwarded and forwards itself.
func newForwarding(t *testing.T, config *rest.Config) *process {
	t.Helper()
	port, err := forward.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return runProcess(t, config, port, port.Leader(uuid.NewString()))
}

// runProcess runs a process that presents itself as self, whatever it is.
func runProcess(t *testing.T, config *rest.Config, port *forward.Port, self journal.Leader, modify ...func(*stock.Policy)) *process {
	t.Helper()
	c, err := client.NewWithWatch(config, client.Options{Scheme: newScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	clock := &allocator.ServerClock{}
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return clock.Transport(next) })
	pages, err := journal.NewClient(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{client: c, port: port, self: self}
	p.set = namespaces.New(namespaces.Options{
		Runner: allocator.RunnerOptions{
			Client: pages, Now: clock.Now, Policy: fixture.Policy(modify...),
			Config: fixture.Config(uuid.NewString(), func(c *journal.Config) { c.Pack, c.Self = journal.Pack, self }),
		},
		Read: namespaces.Read(c), Pages: namespaces.Pages(c),
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.set.Start(ctx); err != nil {
			t.Error(err)
		}
	})
	p.end = func() { cancel(); running.Wait() }
	t.Cleanup(p.end)
	return p
}

// options are a bridge's in this process. Requests may take longer than elsewhere: how fast the
// machine is that runs the tests is nothing that they judge.
func (p *process) options(namespace string) Options {
	o := Options{
		Namespaces: Runners(p.set), Objects: p.client, Ready: func() error { return nil }, DefaultNamespace: namespace, IDs: v1.AnyIDs,
		Wait: 3 * DefaultWait,
	}
	if p.port != nil {
		o.Forward, o.Self = &forward.Client{}, p.self
	}
	return o
}

// open returns the runner of a namespace, which a Set has as soon as it has started, once it has
// read the journal: a bridge waits for that no longer than it takes on an idle machine.
func (p *process) open(t *testing.T, namespace string) (runner *allocator.Runner) {
	t.Helper()
	until(t, func() bool {
		var err error
		if runner, err = p.set.Open(t.Context(), namespace); err != nil && !errors.Is(err, namespaces.ErrNotRunning) {
			t.Fatal(err)
		}
		return err == nil && roleIn(runner).read
	})
	return runner
}

// store is one namespace on a real API server, and the process that leads it.
type store struct {
	*process
	namespace string
	config    *rest.Config
	runner    *allocator.Runner
}

// shelf is where a StockItem has how many units of what.
type shelf struct {
	product, location string
	units             int64
}

// wideShelves serve wideCart from two places: three units in the north, two in the south.
var wideShelves = []shelf{{"plenty", "north", 3}, {"plenty", "south", 2}, {"few", "north", 2}}

// newStore makes a namespace in which plenty, few and none are stocked, or what is given.
func newStore(t *testing.T, shelves ...shelf) *store {
	t.Helper()
	cp := controlplanetest.Shared(t)
	return openStore(t, cp.RESTConfig(), controlplanetest.Namespace(t, cp), shelves...)
}

func openStore(t *testing.T, config *rest.Config, namespace string, shelves ...shelf) *store {
	t.Helper()
	return stockUp(t, newProcess(t, config), config, namespace, shelves...)
}

// stockUp has a process lead a namespace and take units in.
func stockUp(t *testing.T, p *process, config *rest.Config, namespace string, shelves ...shelf) *store {
	t.Helper()
	s := &store{process: p, namespace: namespace, config: config}
	s.runner = s.open(t, namespace)
	s.set.Elect(true)
	if shelves == nil {
		shelves = []shelf{{"plenty", "north", 1_000_000}, {"few", "north", 2}, {"none", "north", 0}}
	}
	for _, at := range shelves {
		s.receive(t, at)
	}
	return s
}

// options are those of a bridge in the process that leads.
func (s *store) options() Options { return s.process.options(s.namespace) }

// receive declares units. What was read before the process led is read, and told, again.
func (s *store) receive(t *testing.T, at shelf) {
	t.Helper()
	request := stock.PutItem{Item: fixture.Item(at.product+"-"+at.location, fixture.Stocks(stock.ID(at.product), at.location, at.units))}
	if at.location == "north" {
		request.Item.Priority = 1
	}
	verdict := stock.Outdated
	until(t, func() bool {
		verdict = s.ask(t, request).Verdict
		return verdict != stock.Outdated
	})
	if verdict != stock.Done {
		t.Fatal(fixture.Words(stock.Answer{Verdict: verdict}))
	}
}

// ask has something decided that does not come through a bridge.
func (s *store) ask(t *testing.T, request stock.Request) stock.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answer, err := s.runner.Ask(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// get returns a Reservation as the journal has it.
func (s *store) get(t *testing.T, text string) *v1.Reservation {
	t.Helper()
	r := find(s.runner, text)
	if r == nil {
		t.Fatalf("there is no reservation %s", text)
	}
	return view.Reservation(s.namespace, r)
}

// command is what the journal remembers of a reservation's command.
func (s *store) command(t *testing.T, id string) stock.Command {
	t.Helper()
	r := find(s.runner, id)
	if r == nil {
		t.Fatalf("there is no reservation %s", id)
	}
	return r.Command
}

// count is how many reservations there are.
func (s *store) count() (n int) {
	s.runner.Read(func(s *stock.State, _ *journal.Log) { n = s.Remembered() })
	return n
}

// reserved is how many units of a product are held.
func (s *store) reserved(product stock.ID) (units int64) {
	s.runner.Read(func(s *stock.State, _ *journal.Log) { _, units, _ = s.Level(product) })
	return units
}

// position is where the journal stands: nothing was written if it stays.
func (s *store) position() string { return s.runner.Position().String() }

// object makes a Reservation as a person would.
func (s *store) object(t *testing.T, name string) *v1.Reservation {
	t.Helper()
	r := &v1.Reservation{}
	r.Namespace, r.Name = s.namespace, name
	r.Spec = v1.ReservationSpec{CartID: "by-hand", Items: []v1.ReservationItem{{ProductID: "plenty", Quantity: 5}}, Intent: v1.IntentHold}
	if err := s.client.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// decide has an object decided, as Reconcile does.
func (s *store) decide(t *testing.T, r *v1.Reservation) {
	t.Helper()
	var version uint64
	if _, err := fmt.Sscan(r.ResourceVersion, &version); err != nil {
		t.Fatal(err)
	}
	cart := fixture.Reserve("", fixture.Line("plenty", 5), fixture.FromObject(stock.ID(r.UID), r.Name, version))
	cart.Wanted.Outcome = stock.ID(uuid.NewString())
	if answer := s.ask(t, cart); answer.Verdict != stock.Done {
		t.Fatal(fixture.Words(answer))
	}
}

// reserveOne makes a Reservation over plain HTTP and returns it.
func (s *store) reserveOne(t *testing.T, bridge http.Handler, body string, status int) *v1.Reservation {
	t.Helper()
	got := ask(t, bridge, request(t, http.MethodPost, "/reservations", body)).wantStatus(status)
	var told struct {
		ReservationID string `json:"reservationId"`
	}
	got.into(&told)
	return s.get(t, told.ReservationID)
}
