package chaos

import (
	"fmt"
	"maps"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// step is a write on the way of a consume.
type step struct {
	name string
	at   testbed.Point
}

// The writes on the way of a consume.
var (
	shippingIt   = step{"shipping", testbed.Ship}
	showingIt    = step{"showing what was shipped", testbed.ShowConsumed}
	showingUnits = step{"showing shipped units", testbed.ShowShipped}
	takingOver   = step{"taking over", testbed.Term}
)

// shipping is a world in which carts are consumed while things break.
type shipping struct {
	*testbed.Killing
	o       *testbed.Operator
	watched *testbed.Observer
	carts   int
	// shipped are the units that were consumed, by "product location".
	shipped map[string]int64
}

// shippable is how many units of each product were received.
const shippable = 100_000

func newShipping(t *testing.T) *shipping {
	t.Helper()
	s := &shipping{Killing: testbed.NewKilling(testbed.NewWorld(t)), shipped: map[string]int64{}}
	s.watched = s.Observe(map[string]int64{"mug amsterdam": shippable, "plate amsterdam": shippable})
	for _, product := range []string{"mug", "plate"} {
		s.Declare(product, product, "amsterdam", shippable)
	}
	return s
}

// begin starts the operator that is killed.
func (s *shipping) begin() {
	s.Helper()
	s.o = s.Start()
	s.o.AwaitReady()
}

// hold reserves a cart of which every one has its own number of units, so that a
// wrong sum tells which was lost or counted twice.
func (s *shipping) hold() (reservation string) {
	s.Helper()
	units := int64(1) << s.carts
	c := testbed.Reserve(fmt.Sprintf("cart-%d", s.carts), testbed.BinaryMode, testbed.Item("mug", units), testbed.Item("plate", 1))
	s.carts++
	return s.Ask(c, s.o).Reservation
}

// ship notes that a reservation is to be consumed, once its object shows it.
func (s *shipping) ship(reservation string) {
	s.Helper()
	r := s.AwaitReservation(reservation, (*v1.Reservation).Decided)
	for _, a := range r.Status.Allocations {
		s.shipped[a.ProductID+" "+a.LocationID] += a.Quantity
	}
}

// awaitShipped waits until the journal says that a reservation was shipped.
func (s *shipping) awaitShipped(reservation string) {
	s.Helper()
	s.watched.Await(reservation+" shipped", func() bool {
		r, ok := s.watched.Books.Cart(reservation)
		return ok && r.Phase == stock.PhaseConsumed
	})
}

// endure consumes a cart while operators die, each at the next of its crashes.
func (s *shipping) endure(by testbed.Transport, how testbed.Fault, steps ...step) {
	s.Helper()
	reservation := s.hold()
	s.ship(reservation)
	s.Settle() // what it showed of others is not to be mistaken for this one's
	c := testbed.Consume("consume-"+reservation, by, reservation)
	for _, step := range steps {
		s.Logf("killed while %s", step.name)
		met := s.Arm(testbed.Crash{At: step.at, How: how})
		if s.o == nil {
			s.o = s.Start()
		}
		s.TryUntilKilled(c, s.o, met)
		s.o = nil
	}
	s.begin()
	s.Remember(c, s.Ask(c, s.o))
	s.Remember(c, s.Ask(c, s.o))
	s.awaitShipped(reservation)
}

// finish checks that everything that was shipped is consumed, once.
func (s *shipping) finish() {
	s.Helper()
	s.Settle()
	var total int64
	for key, units := range s.shipped {
		s.Logf("%d units of %s were shipped", units, key)
		total += units
	}
	s.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.Consumed == total })
	consumed := map[string]int64{}
	for _, r := range s.Journal().Carts() {
		for _, a := range r.Allocations {
			consumed[string(a.Product)+" "+a.Location] += a.Consumed
		}
	}
	if !maps.Equal(consumed, s.shipped) {
		s.Errorf("the journal says that %v was consumed, want %v", consumed, s.shipped)
	}
	s.watched.Stop()
}

// TestConsumeKilled kills the operator with SIGKILL at every write of a consume,
// before the write is served, after it without the answer, and with it.
func TestConsumeKilled(t *testing.T) {
	t.Parallel()
	for _, death := range deaths {
		t.Run(death.name, func(t *testing.T) {
			t.Parallel()
			report := faultreport.Begin(t, crashes)
			s := newShipping(t)
			s.begin()
			for i, step := range []step{shippingIt, showingIt, showingUnits} {
				s.endure([]testbed.Transport{testbed.PlainHTTP, testbed.BinaryMode}[i%2], death.how, step)
				report.Injected(1)
			}
			s.finish()
			s.Sink.Check()
			report.Checked(s.watched.Versions)
		})
	}
}

// TestConsumeKilledTwice kills operator after operator at the same consume.
func TestConsumeKilledTwice(t *testing.T) {
	t.Parallel()
	report := faultreport.Begin(t, crashes)
	s := newShipping(t)
	s.begin()
	for _, how := range []testbed.Fault{testbed.KillBefore, testbed.KillThenServe} {
		// The two are shown in either order: who dies at one may have written the other.
		for _, last := range []step{showingIt, showingUnits} {
			s.endure(testbed.PlainHTTP, how, shippingIt, takingOver, last)
			report.Injected(3)
		}
	}
	s.endure(testbed.PlainHTTP, testbed.KillBefore, shippingIt, shippingIt, showingIt, showingIt)
	report.Injected(4)
	s.finish()
	s.Sink.Check()
	report.Checked(s.watched.Versions)
}
