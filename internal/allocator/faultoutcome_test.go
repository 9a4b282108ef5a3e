package allocator_test

import (
	"fmt"
	"testing"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// Each outcome has a number of its own, also within a batch: their events leave in that
// order, and one number says up to which all have left.
func TestOutcomesAreNumbered(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(2))
	var asked []allocator.Event
	for n := range 4 {
		id := stock.ID(fmt.Sprint("cart-", n))
		asked = append(asked, allocator.Asked{Call: uint64(100 + n), Request: fixture.Reserve(id)})
	}
	s.tell(asked...)
	s.settle()
	next := uint64(1)
	for r := range s.Stock().Unpublished() {
		if want := stock.ID(fmt.Sprint("cart-", next-1)); r.ID != want || r.Number != next {
			t.Errorf("outcome %d of %s, want %d of %s", r.Number, r.ID, next, want)
		}
		next++
	}
	if next != 5 {
		t.Errorf("%d outcomes are to be delivered, want 4", next-1)
	}
}

// Nobody can have delivered what is not decided: whatever number is named, the outcome that
// comes next is still to be delivered.
func TestOnlyWhatIsDecidedIsDelivered(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(2), fixture.Reserve("cart-1"), stock.Publish{Number: 100}, fixture.Reserve("cart-2"))
	var left []stock.ID
	for r := range s.Stock().Unpublished() {
		left = append(left, r.ID)
	}
	if len(left) != 1 || left[0] != "cart-2" {
		t.Errorf("to be delivered: %q, want cart-2", left)
	}
}
