package e2e

import (
	"fmt"
	"maps"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// foldStep is a write on the way of a consume, given the number of the fold
// before.
type foldStep struct {
	name string
	at   func(last int64) point
}

func at(p point) func(int64) point { return func(int64) point { return p } }

// The writes on the way of a consume. The first one in a namespace makes the
// tally.
var (
	intending     = foldStep{"intending", at(intend)}
	opening       = foldStep{"opening the fold", at(openFold)}
	showing       = foldStep{"showing the fold", at(showFold)}
	creatingTally = foldStep{"creating the tally", at(createTally)}
	counting      = foldStep{"counting the fold", at(countFold)}
	closing       = foldStep{"closing the fold", closeFold}
	writingBehind = foldStep{"writing behind", at(writeShipped)}
)

// shipping is a world in which carts are consumed while things break.
type shipping struct {
	*killing
	o       *operator
	watched *observer
	audited *audit
	carts   int
	// shipped are the units that were consumed, by "product location", and
	// deleted those of them whose Reservation was deleted.
	shipped, deleted map[string]int64
}

// shippable is how many units of each product were received.
const shippable = 100_000

func newShipping(t *testing.T) *shipping {
	t.Helper()
	s := &shipping{killing: newKilling(newWorld(t)), shipped: map[string]int64{}, deleted: map[string]int64{}}
	s.watched = s.observe(map[string]int64{"mug amsterdam": shippable, "plate amsterdam": shippable})
	s.audited = s.audit()
	for _, product := range []string{"mug", "plate"} {
		s.declare(product, product, "amsterdam", shippable)
	}
	return s
}

// begin starts the operator that is killed.
func (s *shipping) begin() {
	s.Helper()
	s.o = s.start()
	s.o.awaitReady()
}

// hold reserves a cart of which every one has its own number of units, so that a
// wrong sum tells which was lost or counted twice.
func (s *shipping) hold() (reservation string) {
	s.Helper()
	units := int64(1) << s.carts
	c := reserve(fmt.Sprintf("cart-%d", s.carts), binaryMode, item("mug", units), item("plate", 1))
	s.carts++
	return s.ask(c, s.o).reservation
}

// ship notes that a Reservation is to be consumed.
func (s *shipping) ship(reservation string) {
	s.Helper()
	r := s.awaitReservation(reservation, (*v1.Reservation).Decided)
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
	return s.awaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Recovered && ledgerReady(&l.Status) && l.Status.OpenFold == nil && l.Status.LastFold > last
	})
}

// endure consumes a cart while operators die, each at the next of its crashes.
func (s *shipping) endure(by transport, how fault, steps ...foldStep) {
	s.Helper()
	reservation := s.hold()
	s.ship(reservation)
	last := s.lastFold()
	c := consume("consume-"+reservation, by, reservation)
	for _, step := range steps {
		s.Logf("killed while %s", step.name)
		met := s.arm(crash{step.at(last), how})
		if s.o == nil {
			s.o = s.start()
		}
		s.tryUntilKilled(c, s.o, met)
		s.o = nil
	}
	s.begin()
	s.remember(c, s.ask(c, s.o))
	s.remember(c, s.ask(c, s.o))
	s.awaitFold(last)
}

// finish checks that everything that was shipped is consumed, once.
func (s *shipping) finish() {
	s.Helper()
	s.settle()
	var total int64
	for key, units := range s.shipped {
		s.Logf("%d units of %s were shipped", units, key)
		total += units
	}
	s.awaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.Consumed == total })
	var items v1.StockItemList
	s.must(s.client.List(s.Context(), &items, client.InNamespace(s.namespace)))
	for _, i := range items.Items {
		shipped := s.shipped[i.Spec.ProductID+" "+i.Spec.LocationID]
		s.awaitItem(i.Name, func(i *v1.StockItem) bool {
			return i.Status.Consumed == shipped && i.Status.OnHand == i.Spec.Received-shipped
		})
	}
	s.checkTallies()
	consumed := maps.Clone(s.deleted)
	for _, r := range s.reservations() {
		for _, a := range r.Status.Allocations {
			consumed[a.ProductID+" "+a.LocationID] += a.Consumed
		}
	}
	if !maps.Equal(consumed, s.shipped) {
		s.Errorf("the reservations say that %v was consumed, want %v", consumed, s.shipped)
	}
	s.watched.stop()
	s.audited.stop()
}

func (s *shipping) checkTallies() {
	s.Helper()
	var tallies v1.StockTallyList
	s.must(s.client.List(s.Context(), &tallies, client.InNamespace(s.namespace)))
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
	for _, death := range deaths {
		t.Run(death.name, func(t *testing.T) {
			s := newShipping(t)
			s.begin()
			for i, step := range []foldStep{creatingTally, intending, opening, showing, counting, closing, writingBehind} {
				s.endure([]transport{plainHTTP, binaryMode}[i%2], death.how, step)
			}
			s.finish()
			s.sink.check()
		})
	}
}

// TestConsumeKilledTwice kills operator after operator at the same fold.
func TestConsumeKilledTwice(t *testing.T) {
	s := newShipping(t)
	s.begin()
	s.endure(plainHTTP, killBefore, opening, opening, showing, creatingTally, creatingTally, counting, counting, closing)
	takingOver := foldStep{"taking over", at(takeOver)}
	s.endure(plainHTTP, killUnanswered, opening, takingOver, showing, counting, closing)
	s.finish()
	s.sink.check()
}
