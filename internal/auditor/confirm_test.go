package auditor

import (
	"fmt"
	"strings"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// A difference counts if a second look finds it over the same versions, and
// nothing is on its way.
func TestConfirm(t *testing.T) {
	wrong := func(r *room) { r.items[0].Status.Reserved = 4 }
	tests := map[string]struct {
		first, second        func(*room)
		confirmed, unsettled int
	}{
		"the same twice":          {first: wrong, second: wrong, confirmed: 1},
		"gone the second time":    {first: wrong, second: func(*room) {}},
		"new the second time":     {first: func(*room) {}, second: wrong, unsettled: 1},
		"another figure":          {first: wrong, second: func(r *room) { r.items[0].Status.Reserved = 3 }, unsettled: 1},
		"the item was written":    {first: wrong, second: also(wrong, func(r *room) { r.items[0].ResourceVersion = "2" }), unsettled: 1},
		"a cart changed":          {first: wrong, second: also(wrong, func(r *room) { r.reservations[0].ResourceVersion = "2" }), unsettled: 1},
		"a cart came and another": {first: wrong, second: also(wrong, swap), unsettled: 1},
		"another tally entry": {first: wrong, unsettled: 1, second: also(wrong, func(r *room) {
			r.tallies[0].UID = "another"
		})},
		"it waits for its turn": {first: wrong, second: also(wrong, func(r *room) {
			r.memory.Behind = map[ledger.Key]struct{}{mugs: {}}
		}), unsettled: 1},
		"it waited for its turn": {first: also(wrong, func(r *room) {
			r.memory.Behind = map[ledger.Key]struct{}{mugs: {}}
		}), second: wrong, unsettled: 1},
		"memory was learned anew": {
			first: forgetful, second: also(forgetful, func(r *room) { r.memory.Term++ }), unsettled: 1,
		},
		"memory stayed wrong": {first: forgetful, second: forgetful, confirmed: 1},
		"memory is on the move": {first: forgetful, unsettled: 1, second: also(forgetful, func(r *room) {
			r.memory.Moving = map[ledger.Key]struct{}{mugs: {}}
		})},
		"another key moves": {first: wrong, second: also(wrong, func(r *room) {
			other := cart("other", v1.PhaseReserved, 0, v1.Allocation{Quantity: 1})
			other.Spec.Items[0].ProductID, other.Status.Allocations[0].ProductID = "cup", "cup"
			r.reservations = append(r.reservations, other)
			r.memory.Figures[ledger.Key{ProductID: "cup", LocationID: mugs.LocationID}] = ledger.Figures{Reserved: 1}
			r.ledger.Status.Totals.Reserved, r.ledger.Status.Totals.WithoutItem = 6, 1
		}), confirmed: 1},
		"totals while a key moves": {
			first: lost, unsettled: 1,
			second: also(lost, func(r *room) { r.memory.Moving = map[ledger.Key]struct{}{mugs: {}} }),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			first, second := newRoom(), newRoom()
			tt.first(first)
			tt.second(second)
			confirmed, unsettled := Confirm(first.compare(), second.compare())
			if len(confirmed) != tt.confirmed || unsettled != tt.unsettled {
				t.Errorf("confirmed %v and %d unsettled, want %d and %d", confirmed, unsettled, tt.confirmed, tt.unsettled)
			}
		})
	}
}

func also(changes ...func(*room)) func(*room) {
	return func(r *room) {
		for _, change := range changes {
			change(r)
		}
	}
}

// swap replaces the cart that holds 5 by another one.
func swap(r *room) {
	r.reservations[0] = cart("another", v1.PhaseReserved, 0, v1.Allocation{Quantity: 5})
}

func forgetful(r *room) { r.memory.Figures[mugs] = ledger.Figures{Reserved: 4, Consumed: 10} }

func lost(r *room) { r.ledger.Status.Totals.OnHand = 0 }

func TestSummary(t *testing.T) {
	few := []Difference{
		{Object: "StockItem mug", Figure: "reserved", Expected: 5, Found: 4},
		{Object: "StockItem cup", Figure: "onHand", Expected: 2, Found: 3},
	}
	want := "StockItem mug: reserved is 4, expected 5; StockItem cup: onHand is 3, expected 2"
	if got := Summary(few); got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
	var many []Difference
	for i := range 1000 {
		many = append(many, Difference{Object: fmt.Sprintf("StockItem number-%d", i), Figure: "onHand", Found: 1})
	}
	got := Summary(many)
	if len(got) > summaryBytes || !strings.Contains(got, "more)") || !strings.HasPrefix(got, "StockItem number-0") {
		t.Errorf("summary of %d bytes: %q", len(got), got)
	}
}
