package chaos

import (
	"net/http"
	"testing"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/test/testbed"
)

// TestLateConsume kills the operator while a write of a consume is under way and
// lets that arrive when the next operator is about to decide: with the ledger
// that names the fold, and without, where somebody deleted it.
func TestLateConsume(t *testing.T) {
	t.Parallel()
	s := newShipping(t)
	s.begin()
	for _, step := range []foldStep{counting, opening, showing, closing} {
		for _, deleted := range []bool{false, true} {
			t.Logf("late while %s, ledger deleted: %v", step.name, deleted)
			reservation := s.hold()
			s.ship(reservation)
			last := s.lastFold()
			late, code := make(chan *testbed.Passage, 1), make(chan int, 1)
			c := testbed.Consume("consume-"+reservation, testbed.BinaryMode, reservation)
			s.TryUntilKilled(c, s.o, s.Proxy.Arm(step.at(last), testbed.KillWithheld(late)))
			if deleted {
				s.deleteLedger("")
			}
			decided := s.Proxy.Arm(testbed.FirstWrite, func(p *testbed.Passage) {
				code <- (<-late).Serve().Code
				p.Deliver(p.Serve())
			})
			s.begin()
			s.Remember(c, s.Ask(c, s.o))
			testbed.AwaitClosed(s.World, decided, "the first write of the next operator")
			if got := <-code; got != http.StatusConflict {
				t.Errorf("%s: the late write was answered %d, want a conflict", step.name, got)
			}
			s.awaitFold(last)
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
	all := s.Reservations()
	testbed.InParallel(len(all), func(i int) {
		c := testbed.Consume("consume-"+all[i].Name, testbed.BinaryMode, all[i].Name)
		attempts := i
		for range 2 {
			answer, err := c.Repeat(t.Context(), func() string { attempts++; return bridges[attempts%2] })
			if err != nil {
				t.Error(err)
				return
			}
			if answer.Reservation != all[i].Name {
				t.Errorf("consuming %s was answered for %s", all[i].Name, answer.Reservation)
			}
		}
	})
	s.shipped["mug amsterdam"], s.shipped["plate amsterdam"] = 3*carts, carts
	s.finish()
	s.Sink.Check()
}
