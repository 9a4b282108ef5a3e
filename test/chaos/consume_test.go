package chaos

import (
	"fmt"
	"maps"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// foldStep is a write on the way of a consume, given the number of the fold
// before.
type foldStep struct {
	name string
	at   func(last int64) testbed.Point
}

func at(p testbed.Point) func(int64) testbed.Point { return func(int64) testbed.Point { return p } }

// The writes on the way of a consume. The first one in a namespace makes the
// tally.
var (
	intending     = foldStep{"intending", at(testbed.Intend)}
	opening       = foldStep{"opening the fold", at(testbed.OpenFold)}
	showing       = foldStep{"showing the fold", at(testbed.ShowFold)}
	creatingTally = foldStep{"creating the tally", at(testbed.CreateTally)}
	counting      = foldStep{"counting the fold", at(testbed.CountFold)}
	closing       = foldStep{"closing the fold", testbed.CloseFold}
	writingBehind = foldStep{"writing behind", at(testbed.WriteShipped)}
)

// shipping is a world in which carts are consumed while things break.
type shipping struct {
	*testbed.Killing
	o       *testbed.Operator
	watched *testbed.Observer
	audited *testbed.Audit
	carts   int
	// shipped are the units that were consumed, by "product location", and
	// deleted those of them whose Reservation was deleted.
	shipped, deleted map[string]int64
}

// shippable is how many units of each product were received.
const shippable = 100_000

func newShipping(t *testing.T) *shipping {
	t.Helper()
	s := &shipping{Killing: testbed.NewKilling(testbed.NewWorld(t)), shipped: map[string]int64{}, deleted: map[string]int64{}}
	s.watched = s.Observe(map[string]int64{"mug amsterdam": shippable, "plate amsterdam": shippable})
	s.audited = s.Audit()
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

// ship notes that a Reservation is to be consumed.
func (s *shipping) ship(reservation string) {
	s.Helper()
	r := s.AwaitReservation(reservation, (*v1.Reservation).Decided)
	for _, a := range r.Status.Allocations {
		s.shipped[a.ProductID+" "+a.LocationID] += a.Quantity
	}
}

// lastFold is the fold that was finished last, once none is open.
func (s *shipping) lastFold() int64 {
	s.Helper()
	return s.awaitFold(-1).Status.LastFold
}

// awaitFold waits until the fold after a number is finished.
func (s *shipping) awaitFold(last int64) *v1.StockLedger {
	s.Helper()
	return s.AwaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Recovered && testbed.LedgerReady(&l.Status) && l.Status.OpenFold == nil && l.Status.LastFold > last
	})
}

// endure consumes a cart while operators die, each at the next of its crashes.
func (s *shipping) endure(by testbed.Transport, how testbed.Fault, steps ...foldStep) {
	s.Helper()
	reservation := s.hold()
	s.ship(reservation)
	last := s.lastFold()
	c := testbed.Consume("consume-"+reservation, by, reservation)
	for _, step := range steps {
		s.Logf("killed while %s", step.name)
		met := s.Arm(testbed.Crash{At: step.at(last), How: how})
		if s.o == nil {
			s.o = s.Start()
		}
		s.TryUntilKilled(c, s.o, met)
		s.o = nil
	}
	s.begin()
	s.Remember(c, s.Ask(c, s.o))
	s.Remember(c, s.Ask(c, s.o))
	s.awaitFold(last)
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
	var items v1.StockItemList
	s.Must(s.Client.List(s.Context(), &items, client.InNamespace(s.Namespace)))
	for _, i := range items.Items {
		shipped := s.shipped[i.Spec.ProductID+" "+i.Spec.LocationID]
		s.AwaitItem(i.Name, func(i *v1.StockItem) bool {
			return i.Status.Consumed == shipped && i.Status.OnHand == i.Spec.Received-shipped
		})
	}
	s.checkTallies()
	consumed := maps.Clone(s.deleted)
	for _, r := range s.Reservations() {
		for _, a := range r.Status.Allocations {
			consumed[a.ProductID+" "+a.LocationID] += a.Consumed
		}
	}
	if !maps.Equal(consumed, s.shipped) {
		s.Errorf("the reservations say that %v was consumed, want %v", consumed, s.shipped)
	}
	s.watched.Stop()
	s.audited.Stop()
}

func (s *shipping) checkTallies() {
	s.Helper()
	var tallies v1.StockTallyList
	s.Must(s.Client.List(s.Context(), &tallies, client.InNamespace(s.Namespace)))
	counted := map[string]int64{}
	for _, t := range tallies.Items {
		var sum int64
		for _, e := range t.Status.Entries {
			counted[e.ProductID+" "+e.LocationID] += e.Quantity
			sum += e.Quantity
		}
		if t.Status.Consumed != sum || t.Status.Keys != int64(len(t.Status.Entries)) {
			s.Errorf("tally %s does not add up: %+v", t.Name, t.Status)
		}
	}
	if !maps.Equal(counted, s.shipped) {
		s.Errorf("the tallies count %v, want %v", counted, s.shipped)
	}
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
			for i, step := range []foldStep{creatingTally, intending, opening, showing, counting, closing, writingBehind} {
				s.endure([]testbed.Transport{testbed.PlainHTTP, testbed.BinaryMode}[i%2], death.how, step)
				report.Injected(1)
			}
			s.finish()
			s.Sink.Check()
			report.Checked(s.watched.Versions + s.audited.Checked)
		})
	}
}

// TestConsumeKilledTwice kills operator after operator at the same fold.
func TestConsumeKilledTwice(t *testing.T) {
	t.Parallel()
	report := faultreport.Begin(t, crashes)
	s := newShipping(t)
	s.begin()
	steps := []foldStep{opening, opening, showing, creatingTally, creatingTally, counting, counting, closing}
	s.endure(testbed.PlainHTTP, testbed.KillBefore, steps...)
	report.Injected(len(steps))
	takingOver := foldStep{"taking over", at(testbed.TakeOver)}
	steps = []foldStep{opening, takingOver, showing, counting, closing}
	s.endure(testbed.PlainHTTP, testbed.KillUnanswered, steps...)
	report.Injected(len(steps))
	s.finish()
	s.Sink.Check()
	report.Checked(s.watched.Versions + s.audited.Checked)
}
