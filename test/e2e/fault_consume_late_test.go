package e2e

import (
	"net/http"
	"testing"

	"github.com/acme/inventory-service/api/events"
)

// TestLateConsume kills the operator while a write of a consume is under way and
// lets that arrive when the next operator is about to decide: with the ledger
// that names the fold, and without, where somebody deleted it.
func TestLateConsume(t *testing.T) {
	s := newShipping(t)
	s.begin()
	for _, step := range []foldStep{counting, opening, showing, closing} {
		for _, deleted := range []bool{false, true} {
			t.Logf("late while %s, ledger deleted: %v", step.name, deleted)
			reservation := s.hold()
			s.ship(reservation)
			last := s.lastFold()
			late, code := make(chan *passage, 1), make(chan int, 1)
			c := consume("consume-"+reservation, binaryMode, reservation)
			s.tryUntilKilled(c, s.o, s.proxy.arm(step.at(last), killWithheld(late)))
			if deleted {
				s.deleteLedger("")
			}
			decided := s.proxy.arm(firstWrite, func(p *passage) {
				code <- (<-late).serve().code
				p.deliver(p.serve())
			})
			s.begin()
			s.remember(c, s.ask(c, s.o))
			awaitClosed(s.world, decided, "the first write of the next operator")
			if got := <-code; got != http.StatusConflict {
				t.Errorf("%s: the late write was answered %d, want a conflict", step.name, got)
			}
			s.awaitFold(last)
		}
	}
	s.finish()
	s.sink.check()
}

// TestTwoOperatorsConsume lets two operators, who both believe they lead, consume
// the same carts at the same time.
func TestTwoOperatorsConsume(t *testing.T) {
	s := newShipping(t)
	a := s.operate("--leader-elect=false", "--sink", s.sink.url())
	b := s.operate("--leader-elect=false", "--sink", s.sink.url())
	const carts, clients = 40, 8
	bridges := []string{a.bridge, b.bridge}
	crowd := s.gather(load{clients: clients, carts: carts / clients, bridges: bridges, items: func(int, int) []events.Item {
		return []events.Item{item("mug", 3), item("plate", 1)}
	}})
	done(s.world, crowd)
	all := s.reservations()
	inParallel(len(all), func(i int) {
		c := consume("consume-"+all[i].Name, binaryMode, all[i].Name)
		attempts := i
		for range 2 {
			answer, err := c.repeat(t.Context(), func() string { attempts++; return bridges[attempts%2] })
			if err != nil {
				t.Error(err)
				return
			}
			if answer.reservation != all[i].Name {
				t.Errorf("consuming %s was answered for %s", all[i].Name, answer.reservation)
			}
		}
	})
	s.shipped["mug amsterdam"], s.shipped["plate amsterdam"] = 3*carts, carts
	s.finish()
	s.sink.check()
}
