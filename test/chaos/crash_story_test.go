package chaos

import (
	"fmt"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/books"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// crashes is the fault's name in the report.
const crashes = "crash at API writes"

// recovered is how long it may take from an operator's death until its
// successor, started at once, has decided: the default lease, which a standby
// would have waited for, and two seconds.
const recovered = 8 * time.Second

// death is a way to die at a write.
type death struct {
	name string
	how  testbed.Fault
}

// The three ways to die at a write.
var deaths = []death{
	{"before", testbed.KillBefore},
	{"unanswered", testbed.KillUnanswered},
	{"answered", testbed.KillAnswered},
}

// story is a way of a Reservation during which operators die.
type story struct {
	// prepare makes a Reservation before any operator runs.
	prepare func(k *testbed.Killing) (reservation string)
	// before is served while nothing breaks; command is repeated until all
	// crashes have happened and it has its outcome.
	before  []func(reservation string) testbed.Command
	command func(reservation string) testbed.Command
	// starting says that the first operator to die does so while it starts.
	starting bool
	// stopped says that no operator runs after what was before, and ledgerLost that
	// somebody deletes the ledger meanwhile.
	stopped, ledgerLost bool
	// refused says that the sink refuses events until the last operator runs.
	refused bool
	// flags are those of every operator.
	flags   []string
	crashes []testbed.Crash
	// phase is the Reservation's in the end; Reserved if empty.
	phase v1.Phase
	// forgotten says that the Reservation is gone in the end.
	forgotten bool
}

func cart(by testbed.Transport, quantity int64) func(string) testbed.Command {
	return func(string) testbed.Command {
		return testbed.Reserve("cart", by, testbed.Item("mug", quantity), testbed.Item("plate", 1))
	}
}

// brief is a cart that expires by itself.
func brief(string) testbed.Command {
	c := cart(testbed.BinaryMode, 3)("")
	payload := c.Payload.(events.ReserveInventory)
	payload.HoldFor = &metav1.Duration{Duration: time.Second}
	c.Payload = payload
	return c
}

func giveBack(by testbed.Transport) func(string) testbed.Command {
	return func(reservation string) testbed.Command { return testbed.Release("back", by, reservation) }
}

func ship(reservation string) testbed.Command {
	return testbed.Consume("ship", testbed.BinaryMode, reservation)
}

// shipLater asks again and again for a unit of a cart that is not decided yet.
func shipLater(reservation string) testbed.Command {
	return testbed.Command{ID: "ship later", Transport: testbed.PlainHTTP, Payload: events.ConsumeInventory{ReservationID: reservation, Items: oneMug}}
}

// showAll gives refused carts an object, at whose writes there is something to crash.
var showAll = []string{"--show=all"}

// one mug of the cart.
var oneMug = []events.PartialItem{{ProductID: "mug", LocationID: "amsterdam", Quantity: 1}}

func shipOne(reservation string) testbed.Command {
	return testbed.Command{ID: "ship one", Transport: testbed.PlainHTTP, Payload: events.ConsumeInventory{ReservationID: reservation, Items: oneMug}}
}

func giveOneBack(reservation string) testbed.Command {
	return testbed.Command{ID: "one back", Transport: testbed.BinaryMode, Payload: events.ReleaseInventory{ReservationID: reservation, Items: oneMug}}
}

// pending makes a Reservation that nobody decides yet.
func pending(k *testbed.Killing) string {
	return k.Reservation("early", testbed.Line("mug", 3), testbed.Line("plate", 1)).Name
}

// withdrawn makes a Reservation that is released before anybody decides.
func withdrawn(k *testbed.Killing) string {
	name := pending(k)
	k.Patch(name, `{"spec":{"intent":"Release"}}`)
	return name
}

// telling is a story under way.
type telling struct {
	*story
	*testbed.Killing
	o           *testbed.Operator // nil while none runs
	reservation string
	died        time.Time
}

// run lives through the story and checks what is left of it.
func (s story) run(w *testbed.World, report *faultreport.Fault) {
	t := &telling{story: &s, Killing: testbed.NewKilling(w)}
	watched := w.Observe(map[string]int64{"mug amsterdam": 5, "plate amsterdam": 1, "plate berlin": 1})
	t.Declare("mug", "mug", "amsterdam", 5)
	t.Declare("plate-a", "plate", "amsterdam", 1)
	t.Declare("plate-b", "plate", "berlin", 1)
	t.begin()
	c := s.command(t.reservation)
	for _, crash := range s.crashes {
		met := t.Arm(crash)
		if t.o == nil {
			t.o = t.Start(s.flags...)
		}
		t.TryUntilKilled(c, t.o, met)
		t.o, t.died = nil, time.Now()
		report.Injected(1)
	}
	t.o = t.Start(s.flags...)
	t.o.AwaitReady()
	t.goOn(c, report)
	t.check(watched)
	watched.Stop()
	t.Proxy.AwaitRest(quiet)
	report.Checked(watched.Versions)
}

// begin does what comes before the first crash.
func (t *telling) begin() {
	t.Helper()
	if t.prepare != nil {
		t.reservation = t.prepare(t.Killing)
	}
	if t.refused {
		t.Sink.Feel(testbed.Failing(http.StatusBadRequest))
	}
	if t.starting {
		return
	}
	t.o = t.Start(t.flags...)
	t.o.AwaitReady()
	for _, command := range t.before {
		c := command(t.reservation)
		first := t.Ask(c, t.o)
		t.Remember(c, first)
		t.reservation = first.Reservation
		t.Settle() // what it wrote behind is not to be mistaken for more
	}
	if t.stopped || t.ledgerLost {
		t.o.Kill()
		t.o = nil
	}
	if t.ledgerLost {
		t.Must(t.Client.Delete(t.Context(), t.AwaitLedger(func(*v1.StockLedger) bool { return true })))
	}
}

// goOn has everything told again that was told, the last command first.
func (t *telling) goOn(c testbed.Command, report *faultreport.Fault) {
	t.Helper()
	t.Sink.Feel(nil)
	if t.forgotten {
		return // there is nothing to tell any more
	}
	t.Remember(c, t.Ask(c, t.o))
	report.Recovered(time.Since(t.died), recovered)
	for _, earlier := range t.before {
		again := earlier(t.reservation)
		t.Remember(again, t.Ask(again, t.o))
	}
	t.Remember(c, t.Ask(c, t.o))
}

// check checks the one Reservation, the totals and the events.
func (t *telling) check(watched *testbed.Observer) {
	t.Helper()
	if t.forgotten {
		t.AwaitGone(t.reservation)
		t.Settle()
		watched.CatchUp()
		t.Sink.CheckAll(watched.Outcomes())
		return
	}
	if t.phase == "" {
		t.phase = v1.PhaseReserved
	}
	t.Settle()
	all := t.Journal().Carts()
	if t.phase == v1.PhaseReleased && t.prepare != nil { // withdrawn before it was decided
		t.AwaitPhase(t.reservation, t.phase)
		if len(all) != 0 {
			t.Fatalf("%+v was decided, and had been withdrawn", all[0])
		}
		t.Sink.Check()
		return
	}
	if len(all) != 1 {
		t.Fatalf("%d carts were decided, want 1", len(all))
	}
	r := books.Shown(t.Namespace, all[0])
	if r.Status.Phase != t.phase {
		t.Errorf("the cart is %s in the end, want %s", r.Status.Phase, t.phase)
	}
	t.Sink.Check()
	var held int64
	for _, a := range r.Status.Allocations {
		held += a.Quantity
	}
	if want := map[bool]int64{true: 4, false: 0}[r.WasReserved()]; held != want {
		t.Errorf("%d units were allocated, want %d: %v", held, want, r.Status.Allocations)
	}
	for id, answer := range t.Answers {
		if id == "cart" && answer.Refused == r.WasReserved() {
			t.Errorf("the client was told %s, and the reservation says %s", answer.Text, fmt.Sprint(r.Status))
		}
	}
}
