package allocator_test

import (
	"errors"
	"testing"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// Whoever waits at a process that is deposed is sent away at once, wherever the request is,
// and told nothing later. What is under way lands all the same.
func TestDeposedSendsAway(t *testing.T) {
	isPut := func(e journal.Effect) bool { _, ok := e.(journal.Put); return ok }
	for name, wait := range map[string]func(s *solo) uint64{
		"under way": func(s *solo) uint64 {
			s.frozen = isPut
			return s.send(fixture.Reserve("cart-1"))
		},
		"behind what is under way": func(s *solo) uint64 {
			s.frozen = isPut
			s.send(stock.Release{Reservation: "nobody"})
			return s.send(fixture.Reserve("cart-1"))
		},
		"for a StockItem to be shown": func(s *solo) uint64 {
			s.must(stock.PutItem{Item: fixture.Item("mugs", fixture.Stocks("mug", "ams", 12), fixture.Revised(2, 2))})
			return s.send(fixture.Reserve("cart-1", fixture.Line("mug", 12)))
		},
		"for all StockItems": func(s *solo) uint64 {
			s.Gate()
			return s.send(fixture.Reserve("cart-1"))
		},
		"being tried by itself": func(s *solo) uint64 {
			s.server.Reject = func(p *journal.Page) error {
				if len(p.Records) > 2 {
					s.frozen = isPut // the trial
					return errors.New("no")
				}
				return nil
			}
			return s.send(fixture.Reserve("cart-1"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
			s.must(mugs(10))
			call := wait(s)
			if told := s.told[call]; told != nil {
				t.Fatalf("told %+v before", told)
			}
			s.tell(allocator.Journal{Event: journal.Deposed{}})
			if told := s.told[call]; told != (allocator.Ended{Call: call}) {
				t.Errorf("told %+v when it was deposed", told)
			}
			landing := len(s.kept) > 0
			s.thaw()
			if told := s.told[call]; told != (allocator.Ended{Call: call}) {
				t.Errorf("told %+v in the end", told)
			}
			if s.Log().Leading() || landing != (name != "for a StockItem to be shown" && name != "for all StockItems") {
				t.Errorf("%s, something was under way: %t", s.Log().Stage(), landing)
			}
		})
	}
}

// Whoever asks a process that is not elected is sent away, and what nobody waits for is
// done once it leads again.
func TestNotElectedSendsAway(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(10))
	s.freeze()
	s.tell(allocator.Asked{Request: stock.Register{Name: "archive", Position: "1"}}) // under way
	s.tell(allocator.Asked{Request: stock.Register{Name: "archive", Position: "2"}})
	s.tell(allocator.Journal{Event: journal.Deposed{}})
	call := s.send(fixture.Reserve("cart-1"))
	if told := s.told[call]; told != (allocator.Ended{Call: call}) {
		t.Errorf("told %+v", told)
	}
	s.thaw()
	if s.Waiting() != 1 {
		t.Errorf("%d wait", s.Waiting())
	}
	s.lead()
	if s.Waiting() != 0 {
		t.Errorf("%d wait for a process that leads", s.Waiting())
	}
}
