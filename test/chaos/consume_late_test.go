package chaos

import (
	"net/http"
	"testing"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/test/testbed"
)

// TestLateConsume kills the operator while a write of a consume is under way and
// lets that arrive when the next operator has taken over: with the ledger, and without,
// where somebody deleted it.
func TestLateConsume(t *testing.T) {
	t.Parallel()
	s := newShipping(t)
	s.begin()
	for _, step := range []step{shippingIt, showingIt, showingUnits} {
		for _, deleted := range []bool{false, true} {
			t.Logf("late while %s, ledger deleted: %v", step.name, deleted)
			reservation := s.hold()
			s.ship(reservation)
			s.Settle()
			late := make(chan *testbed.Passage, 1)
			c := testbed.Consume("consume-"+reservation, testbed.BinaryMode, reservation)
			s.TryUntilKilled(c, s.o, s.Proxy.Arm(step.at, testbed.KillWithheld(late)))
			if deleted {
				s.deleteLedger("")
			}
			s.begin()
			s.Remember(c, s.Ask(c, s.o))
			s.Settle()
			if got := (<-late).Serve().Code; got != http.StatusConflict {
				t.Errorf("%s: the late write was answered %d, want a conflict", step.name, got)
			}
			s.awaitShipped(reservation)
		}
	}
	s.finish()
	s.Sink.Check()
}

// TestTwoOperatorsConsume lets two operators, who both believe they lead, consume
// the same carts at the same time.
func TestTwoOperatorsConsume(t *testing.T) {
	t.Parallel()
	s := newShipping(t)
	a := s.Operate("--leader-elect=false", "--sink", s.Sink.URL())
	b := s.Operate("--leader-elect=false", "--sink", s.Sink.URL())
	const carts, clients = 40, 8
	bridges := []string{a.Bridge, b.Bridge}
	crowd := s.Gather(testbed.Load{Clients: clients, Carts: carts / clients, Bridges: bridges, Items: func(int, int) []events.Item {
		return []events.Item{testbed.Item("mug", 3), testbed.Item("plate", 1)}
	}})
	testbed.Done(s.World, crowd)
	all := s.Journal().Carts()
	testbed.InParallel(len(all), func(i int) {
		name := string(all[i].ID)
		c := testbed.Consume("consume-"+name, testbed.BinaryMode, name)
		attempts := i
		for range 2 {
			answer, err := c.Repeat(t.Context(), func() string { attempts++; return bridges[attempts%2] })
			if err != nil {
				t.Error(err)
				return
			}
			if answer.Reservation != name {
				t.Errorf("consuming %s was answered for %s", name, answer.Reservation)
			}
		}
	})
	s.shipped["mug amsterdam"], s.shipped["plate amsterdam"] = 3*carts, carts
	s.finish()
	s.Sink.Check()
}
