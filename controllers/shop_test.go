package controllers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// shop is one namespace of a real API server, as its users see it, and the operators that
// work in it as far as Reservations go.
type shop struct {
	t         *testing.T
	config    *rest.Config
	namespace string
	// users read and write past everything.
	users client.Client
	// ahead is how far the clocks of all operators are ahead.
	ahead     atomic.Int64
	operators int
}

func newShop(t *testing.T) *shop {
	t.Helper()
	cp := controlplanetest.Shared(t)
	s := &shop{t: t, config: cp.RESTConfig(), namespace: controlplanetest.Namespace(t, cp)}
	var err error
	if s.users, err = client.New(s.config, client.Options{Scheme: scheme(t)}); err != nil {
		t.Fatal(err)
	}
	return s
}

// now is the time of all operators.
func (s *shop) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// pass lets time pass.
func (s *shop) pass(d time.Duration) { s.ahead.Add(int64(d)) }

// operator is one process: a Runner, and reconcilers that a test calls.
type operator struct {
	*shop
	runner *allocator.Runner
	r      *ReservationReconciler
	expiry *Expiry
	// cut says that nothing of the journal reaches it or leaves it any more.
	cut *atomic.Bool
}

// Find makes an operator its own Namespaces.
func (o *operator) Find(namespace string) (*allocator.Runner, bool) {
	return o.runner, namespace == o.namespace
}

// See is for Namespaces.
func (o *operator) See(string) {}

// Outside is for Namespaces.
func (o *operator) Outside(string) *namespaces.OutsideError { return nil }

// Elected is for Namespaces.
func (o *operator) Elected() bool { return true }

// start runs one more operator until the test ends. Its reconcilers read and write the API
// server itself.
func (s *shop) start(modify ...func(*allocator.RunnerOptions)) *operator {
	s.t.Helper()
	s.operators++
	o := &operator{shop: s, cut: &atomic.Bool{}}
	config := rest.CopyConfig(s.config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return line{o.cut, next} })
	pages, err := journal.NewClient(config, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	queue := NewQueue(Showing{Mode: ShowAll})
	o.expiry = &Expiry{Reader: s.users, Now: s.now, IDs: v1.AnyIDs}
	name := fmt.Sprintf("o%d", s.operators)
	options := allocator.RunnerOptions{
		Client: pages, Namespace: s.namespace, Now: s.now, Policy: fixture.Policy(),
		Config: journal.Config{
			Self: journal.Leader{Name: name}, Process: name + "-" + uuid.NewString(), Fill: 16 << 10, MaxPage: 512 << 10,
			Spare: 4, WriteFormat: journal.Format, Pack: journal.Pack,
		},
		Changed: func(c stock.Changes) {
			queue.Changed(s.namespace, c)
			o.expiry.Changed(s.namespace, c)
		},
	}
	for _, m := range modify {
		m(&options)
	}
	o.runner = allocator.NewRunner(options)
	o.r = &ReservationReconciler{
		Client: s.users, APIReader: s.users, Namespaces: o, Queue: queue,
		Retention: time.Hour, DefaultHold: 15 * time.Minute, IDs: v1.AnyIDs, Now: s.now, Workers: 8,
	}
	s.runs(func(ctx context.Context) { _ = o.runner.Run(ctx) })
	return o
}

// runs has something run until the test ends.
func (s *shop) runs(run func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { run(ctx) })
	s.t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// line is an operator's way to the journal. Cut, nothing passes any more.
type line struct {
	cut  *atomic.Bool
	next http.RoundTripper
}

func (l line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.cut.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	response, err := l.next.RoundTrip(r)
	if err == nil {
		response.Body = &lineBody{response.Body, l.cut, r.Context()}
	}
	return response, err
}

// lineBody is that of an answer, such as a watch.
type lineBody struct {
	io.ReadCloser
	cut *atomic.Bool
	ctx context.Context //nolint:containedctx // that of its request
}

func (b *lineBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if b.cut.Load() {
		<-b.ctx.Done()
		return 0, b.ctx.Err()
	}
	return n, err
}

// lead makes the operator lead.
func (o *operator) lead() *operator {
	o.t.Helper()
	o.runner.Elect(true)
	o.until("it leads", o.runner.Leading)
	return o
}

// leader is an operator that leads a shop with 10 units of p and q.
func leader(t *testing.T) *operator {
	t.Helper()
	o := newShop(t).start().lead()
	o.receive("p", 10)
	o.receive("q", 10)
	return o
}

// receive declares units of a product at location "a".
func (o *operator) receive(product string, units int64) {
	o.t.Helper()
	o.receiveAt(product, "a", units)
}

func (o *operator) receiveAt(product, location string, units int64) {
	o.t.Helper()
	item := fixture.Item(product+"-"+location, fixture.Stocks(stock.ID(product), location, units))
	if answer := o.answer(stock.PutItem{Item: item}); answer.Verdict != stock.Done {
		o.t.Fatalf("%s is not received: %+v", product, answer)
	}
}

// answer is the allocator's.
func (o *operator) answer(request stock.Request) stock.Answer {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	answer, err := o.runner.Ask(ctx, request)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer
}

// command is a cart of 2 p and 3 q that comes through the bridge.
func (o *operator) command(name stock.ID, modify ...func(*stock.Reserve)) {
	o.t.Helper()
	cart := fixture.Reserve(name, append([]func(*stock.Reserve){fixture.Line("p", 2), fixture.Line("q", 3)}, modify...)...)
	cart.Wanted.Cart, cart.Wanted.Command.Time = "cart", 0
	o.answer(cart)
}

// reconcile looks at one name, and fails the test on an error.
func (o *operator) reconcile(name string) ctrl.Result {
	o.t.Helper()
	result, err := o.reconcileWithin(o.t.Context(), name)
	if err != nil {
		o.t.Fatal(err)
	}
	return result
}

func (o *operator) reconcileWithin(ctx context.Context, name string) (ctrl.Result, error) {
	return o.r.Reconcile(ctx, ctrl.Request{NamespacedName: o.key(name)})
}

// state is what this operator knows of the reservation that an object of this uid shows, or
// of this ID; nil if nothing.
func (o *operator) state(text stock.ID) *stock.Reservation {
	var found *stock.Reservation
	o.runner.Read(func(s *stock.State, _ *journal.Log) {
		if r, ok := s.Shown(text); ok {
			found = r
		} else if r, ok := s.Reservation(text); ok {
			found = r
		}
	})
	return found
}

// untilSame waits until an operator knows what another knows.
func (o *operator) untilSame(other *operator) {
	o.t.Helper()
	o.until("it has caught up", func() bool { return o.runner.Position() == other.runner.Position() })
}

func (s *shop) until(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain until %s", what)
		}
	}
}

func (s *shop) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: s.namespace, Name: name}
}

// made is a new Reservation of 2 p and 3 q.
func (s *shop) made(name string, modify ...func(*v1.Reservation)) *v1.Reservation {
	s.t.Helper()
	object := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Spec: v1.ReservationSpec{
			CartID: "cart", Intent: v1.IntentHold,
			Items: []v1.ReservationItem{{ProductID: "p", Quantity: 2}, {ProductID: "q", Quantity: 3}},
		},
	}
	for _, m := range modify {
		m(object)
	}
	if err := s.users.Create(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
	return object
}

// read is the stored Reservation, nil if there is none.
func (s *shop) read(name string) *v1.Reservation {
	s.t.Helper()
	var object v1.Reservation
	err := s.users.Get(s.t.Context(), s.key(name), &object)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return &object
}

// edit changes the spec of the stored Reservation.
func (s *shop) edit(name string, edit func(*v1.Reservation)) {
	s.t.Helper()
	object := s.read(name)
	edit(object)
	if err := s.users.Update(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
}

// delete deletes the stored Reservation. Nobody is told: what was written waits no longer.
func (s *shop) delete(name string) {
	s.t.Helper()
	s.pass(watchLag + time.Second)
	if err := s.users.Delete(s.t.Context(), s.read(name)); err != nil {
		s.t.Fatal(err)
	}
}

// late is a cache that still has, or does not have yet, what it is told.
type late struct {
	client.Client
	object *v1.Reservation
}

func (l late) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	if l.object == nil {
		return apierrors.NewNotFound(v1.GroupVersion.WithResource("reservations").GroupResource(), key.Name)
	}
	l.object.DeepCopyInto(into.(*v1.Reservation)) //nolint:forcetypeassert // the reconciler reads nothing else
	return nil
}

// lags gives the operator a cache that has this object, nil if none, and has had time to
// bring what was written.
func (o *operator) lags(object *v1.Reservation) {
	o.pass(watchLag + time.Second)
	o.r.Client = late{o.users, object}
}

// outcome is what matters of a status; times come back in the local zone.
type outcome struct {
	Phase       v1.Phase
	Reason      string
	Decided     bool
	Reserved    bool
	Expires     bool
	Units       int64
	OrderID     string
	Allocations []v1.Allocation
	Unavailable []v1.UnavailableItem
	// Conditions are type=status.
	Conditions []string
}

func outcomeOf(r *v1.Reservation) outcome {
	o := outcome{
		Phase: r.CurrentPhase(), Reason: r.Status.Reason, Decided: r.Decided(), Reserved: r.WasReserved(),
		Expires: r.Status.ExpiresAt != nil, Units: r.Status.Units, OrderID: r.Status.OrderID,
		Allocations: r.Status.Allocations, Unavailable: r.Status.UnavailableItems,
	}
	for _, c := range r.Status.Conditions {
		o.Conditions = append(o.Conditions, c.Type+"="+string(c.Status))
	}
	return o
}

// want fails unless the stored Reservation shows this.
func (s *shop) want(name string, want outcome) {
	s.t.Helper()
	object := s.read(name)
	if object == nil {
		s.t.Errorf("there is no %s", name)
		return
	}
	if diff := cmp.Diff(want, outcomeOf(object), cmpopts.EquateEmpty()); diff != "" {
		s.t.Errorf("%s shows (-want +got):\n%s", name, diff)
	}
	if object.Decided() && object.Status.Position == "" {
		s.t.Errorf("%s shows no position", name)
	}
}

var (
	reservedOutcome = outcome{
		Phase: v1.PhaseReserved, Reason: "Allocated", Decided: true, Reserved: true, Expires: true, Units: 5,
		Allocations: allocations(0, 0, 0, 0), Conditions: []string{"Decided=True", "Reserved=True"},
	}
	withdrawnOutcome = outcome{
		Phase: v1.PhaseReleased, Reason: "ORDER_CANCELLED", Conditions: []string{"Decided=True", "Reserved=False", "Complete=True"},
	}
	expiredOutcome  = endedOutcome(v1.PhaseReleased, "EXPIRED", allocations(0, 2, 0, 3))
	consumedOutcome = endedOutcome(v1.PhaseConsumed, "Consumed", allocations(2, 0, 3, 0))
)

// allocations are those of 2 p and 3 q, of which some were shipped and given back.
func allocations(consumedP, releasedP, consumedQ, releasedQ int64) []v1.Allocation {
	return []v1.Allocation{
		{LocationID: "a", ProductID: "p", Quantity: 2, Consumed: consumedP, Released: releasedP},
		{LocationID: "a", ProductID: "q", Quantity: 3, Consumed: consumedQ, Released: releasedQ},
	}
}

// endedOutcome is that of a hold that ended.
func endedOutcome(phase v1.Phase, reason string, allocations []v1.Allocation) outcome {
	return outcome{
		Phase: phase, Reason: reason, Decided: true, Reserved: true, Expires: true, Units: 5,
		Allocations: allocations, Conditions: []string{"Decided=True", "Reserved=False", "Complete=True"},
	}
}

var errLost = errors.New("the answer was lost")
