package allocator_test

import (
	"testing"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// A refusal stays for good, so no cart is decided in a term before all StockItems were
// read; everything else is, and carts are then decided in the order in which they came.
func TestCartsWaitForStockItems(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "a", policy)
	s.Gate()
	s.hear(journal.Elected{})
	told := func(call uint64) stock.Verdict {
		answered, _ := s.told[call].(allocator.Answered)
		return answered.Answer.Verdict
	}
	ask := func(call uint64, request stock.Request) {
		s.tell(allocator.Asked{Call: call, Request: request})
		s.settle()
	}
	ask(1, fixture.Reserve("first", fixture.Line("mug", 1)))
	ask(2, fixture.Reserve("second", fixture.Line("mug", 1)))
	ask(3, stock.PutItem{Item: fixture.Item("mug", fixture.Stocks("mug", "ams", 1))})
	if told(1) != 0 || told(2) != 0 || told(3) != stock.Done {
		t.Fatalf("before the items were read: carts %d and %d, the item %d", told(1), told(2), told(3))
	}
	if s.Waiting() != 2 {
		t.Errorf("%d wait, want 2", s.Waiting())
	}
	s.tell(allocator.Stocked{Term: s.Term() + 1}) // of another term: says nothing
	s.settle()
	if told(1) != 0 {
		t.Error("decided on what was read for another term")
	}
	s.tell(allocator.Stocked{Term: s.Term()})
	s.settle()
	first, _ := s.told[1].(allocator.Answered)
	second, _ := s.told[2].(allocator.Answered)
	if first.Answer.Reservation.Phase != stock.PhaseReserved || second.Answer.Reservation.Phase != stock.PhaseRefused {
		t.Errorf("the first got %+v, the second %+v", first.Answer.Reservation, second.Answer.Reservation)
	}
}
