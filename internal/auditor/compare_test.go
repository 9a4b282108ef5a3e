package auditor

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/ledger"
)

var mugs = ledger.Key{ProductID: "mug", LocationID: "ams"}

// room is a namespace: 100 mugs received, 10 shipped by fold 3, 5 held.
type room struct {
	reservations []*v1.Reservation
	items        []*v1.StockItem
	tallies      []*v1.StockTally
	ledger       *v1.StockLedger
	memory       allocator.Memory
}

func newRoom() *room {
	return &room{
		reservations: []*v1.Reservation{
			cart("held", v1.PhaseReserved, 0, v1.Allocation{Quantity: 8, Released: 3}),
			cart("shipped", v1.PhaseConsumed, 3, v1.Allocation{Quantity: 6, Consumed: 6, LastConsumed: 6}),
			cart("waiting", v1.PhasePending, 0),
		},
		items: []*v1.StockItem{item("mugs", 1, 100, v1.StockItemStatus{OnHand: 90, Reserved: 5, Available: 85, Consumed: 10})},
		tallies: []*v1.StockTally{{
			ObjectMeta: metav1.ObjectMeta{Name: v1.TallyName(0), UID: "tally"},
			Status:     v1.StockTallyStatus{LastFold: 3, Keys: 1, Consumed: 10, Entries: []v1.Take{take(10)}},
		}},
		ledger: &v1.StockLedger{
			ObjectMeta: metav1.ObjectMeta{Name: v1.LedgerName},
			Status: v1.StockLedgerStatus{Totals: v1.LedgerTotals{
				Items: 1, OnHand: 90, Reserved: 5, Available: 85, Consumed: 10,
			}},
		},
		memory: allocator.Memory{Figures: map[ledger.Key]ledger.Figures{mugs: {Reserved: 5, Consumed: 10}}},
	}
}

func (r *room) compare() []Difference {
	b := NewBooks()
	for _, reservation := range r.reservations {
		b.AddReservation(reservation)
	}
	for _, i := range r.items {
		b.AddItem(i)
	}
	for _, t := range r.tallies {
		b.AddTally(t)
	}
	b.SetLedger(r.ledger)
	b.SetMemory(r.memory)
	return b.Compare()
}

// cart is a Reservation of mugs.
func cart(name string, phase v1.Phase, foldID int64, allocations ...v1.Allocation) *v1.Reservation {
	r := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), ResourceVersion: "1"},
		Status:     v1.ReservationStatus{Phase: phase, FoldID: foldID},
	}
	line := v1.ReservationItem{ProductID: mugs.ProductID}
	for _, a := range allocations {
		a.ProductID, a.LocationID = mugs.ProductID, mugs.LocationID
		line.Quantity += a.Quantity
		r.Status.Allocations = append(r.Status.Allocations, a)
	}
	r.Spec.Items = []v1.ReservationItem{line}
	return r
}

func item(name string, age int, received int64, shows v1.StockItemStatus) *v1.StockItem {
	shows.ObservedGeneration = 1
	return &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: types.UID(name), Generation: 1, ResourceVersion: "1",
			CreationTimestamp: metav1.NewTime(time.Date(2026, 1, 30-age, 0, 0, 0, 0, time.UTC)),
		},
		Spec:   v1.StockItemSpec{ProductID: mugs.ProductID, LocationID: mugs.LocationID, Received: received},
		Status: shows,
	}
}

func take(quantity int64) v1.Take {
	return v1.Take{ProductID: mugs.ProductID, LocationID: mugs.LocationID, Quantity: quantity}
}

func inFlight(uid types.UID, quantity int64) v1.InFlightHold {
	return v1.InFlightHold{UID: uid, Allocations: []v1.Allocation{
		{ProductID: mugs.ProductID, LocationID: mugs.LocationID, Quantity: quantity}}}
}

func TestCompare(t *testing.T) {
	const memory = "the operator's memory of mug at ams"
	tests := map[string]struct {
		change func(*room)
		want   []Difference
	}{
		"all agrees": {change: func(*room) {}},
		"an item shows too much on hand": {
			change: func(r *room) { r.items[0].Status.OnHand = 95 },
			want:   []Difference{{Kind: Item, Object: "StockItem mugs", Figure: "onHand", Expected: 90, Found: 95}},
		},
		"an item shows a wrong generation": {
			change: func(r *room) { r.items[0].Status.ObservedGeneration = 7 },
			want:   []Difference{{Kind: Item, Object: "StockItem mugs", Figure: "observedGeneration", Expected: 1, Found: 7}},
		},
		"an item that waits for its turn": {
			change: func(r *room) {
				r.items[0].Status.Reserved = 4
				r.memory.Behind = map[ledger.Key]struct{}{mugs: {}}
			},
			want: []Difference{{Kind: Item, Object: "StockItem mugs", Figure: "reserved", Expected: 5, Found: 4, Moving: true}},
		},
		"a suspended item sells nothing": {
			change: func(r *room) {
				r.items[0].Spec.Suspended, r.items[0].Status.Available = true, 0
				r.ledger.Status.Totals.Available = 0
			},
		},
		"a duplicate counts for nothing": {
			change: func(r *room) { r.items = append(r.items, item("newer", 0, 50, v1.StockItemStatus{})) },
		},
		"a duplicate that shows units": {
			change: func(r *room) { r.items = append(r.items, item("newer", 0, 50, v1.StockItemStatus{OnHand: 50})) },
			want:   []Difference{{Kind: Item, Object: "StockItem newer", Figure: "onHand", Expected: 0, Found: 50}},
		},
		"received lowered below the promises, and said": {
			change: func(r *room) {
				r.items[0].Spec.Received = 12
				r.items[0].Status = v1.StockItemStatus{ObservedGeneration: 1, OnHand: 2, Reserved: 5, Consumed: 10, Shortfall: 3}
				r.ledger.Status.Totals.OnHand, r.ledger.Status.Totals.Available = 2, 0
			},
		},
		"received lowered below the promises, and not said": {
			change: func(r *room) {
				r.items[0].Spec.Received = 12
				r.items[0].Status = v1.StockItemStatus{ObservedGeneration: 1, OnHand: 2, Reserved: 5, Consumed: 10, Shortfall: 1}
				r.ledger.Status.Totals.OnHand, r.ledger.Status.Totals.Available = 2, 0
			},
			want: []Difference{{Kind: Oversold, Object: "StockItem mugs", Figure: "shortfall", Expected: 3, Found: 1}},
		},
		"an item that is gone": {
			change: func(r *room) {
				r.items = nil
				r.ledger.Status.Totals = v1.LedgerTotals{Reserved: 5, Consumed: 10, WithoutItem: 5}
			},
		},
		"memory holds what was released": {
			change: func(r *room) { r.memory.Figures[mugs] = ledger.Figures{Reserved: 8, Consumed: 10} },
			want:   []Difference{{Kind: Memory, Object: memory, Figure: "reserved", Expected: 5, Found: 8}},
		},
		"memory holds what nobody knows": {
			change: func(r *room) {
				r.memory.Figures[ledger.Key{ProductID: "cup", LocationID: "ams"}] = ledger.Figures{Reserved: 1}
			},
			want: []Difference{{Kind: Memory, Object: "the operator's memory of cup at ams", Figure: "reserved", Expected: 0, Found: 1}},
		},
		"the ledger's totals are wrong": {
			change: func(r *room) { r.ledger.Status.Totals.Available, r.ledger.Status.Totals.Reserved = 1000, 0 },
			want: []Difference{
				{Kind: Totals, Object: "StockLedger default", Figure: "totals.available", Expected: 85, Found: 1000},
				{Kind: Totals, Object: "StockLedger default", Figure: "totals.reserved", Expected: 5, Found: 0},
			},
		},
		"the sums of a tally are wrong": {
			change: func(r *room) { r.tallies[0].Status.Consumed, r.tallies[0].Status.Keys = 11, 0 },
			want: []Difference{
				{Kind: Tally, Object: "StockTally default-0", Figure: "consumed", Expected: 10, Found: 11},
				{Kind: Tally, Object: "StockTally default-0", Figure: "keys", Expected: 1, Found: 0},
			},
		},
		"a fold that no tally counts": {
			change: func(r *room) { r.reservations[1].Status.FoldID = 4 },
			want: []Difference{{Kind: Uncounted, Object: "Reservation shipped", Figure: "last fold tallied of mug at ams",
				Expected: 4, Found: 3}},
		},
		"an entry of a tally was lowered": {
			change: func(r *room) {
				r.tallies[0].Status.Entries, r.tallies[0].Status.Consumed = []v1.Take{take(4)}, 4
				r.items[0].Status = v1.StockItemStatus{ObservedGeneration: 1, OnHand: 96, Reserved: 5, Available: 91, Consumed: 4}
				r.ledger.Status.Totals = v1.LedgerTotals{Items: 1, OnHand: 96, Reserved: 5, Available: 91, Consumed: 4}
				r.memory.Figures[mugs] = ledger.Figures{Reserved: 5, Consumed: 4}
			},
			want: []Difference{{Kind: Uncounted, Object: "the StockTallies", Figure: "consumed of mug at ams", Expected: 6, Found: 4}},
		},
		"a cart that holds a part": {
			change: func(r *room) { r.reservations[0].Spec.Items[0].Quantity = 9 },
			want: []Difference{{Kind: Malformed, Object: "Reservation held", Figure: "units allocated of mug",
				Expected: 9, Found: 8}},
		},
		"a cart that gave back more than it had": {
			change: func(r *room) {
				r.reservations[0].Status.Allocations[0].Released = 9
				r.items[0].Status.Reserved, r.items[0].Status.Available = -1, 91
				r.ledger.Status.Totals.Reserved, r.ledger.Status.Totals.Available = -1, 91
				r.memory.Figures[mugs] = ledger.Figures{Reserved: -1, Consumed: 10}
			},
			want: []Difference{{Kind: Malformed, Object: "Reservation held", Figure: "units left of mug at ams", Expected: 0, Found: -1}},
		},
		"a hold in flight counts once, committed or not": {
			change: func(r *room) {
				r.ledger.Status.InFlight = []v1.InFlightHold{inFlight("held", 8), inFlight("waiting", 2), inFlight("gone", 4)}
				r.ledger.Status.Totals = v1.LedgerTotals{Items: 1, OnHand: 90, Reserved: 7, Available: 83, Consumed: 10, InFlight: 3}
				r.items[0].Status.Reserved, r.items[0].Status.Available = 7, 83
				r.memory.Figures[mugs] = ledger.Figures{Reserved: 7, Consumed: 10}
			},
		},
		"units of the open fold are consumed and not held": {
			change: func(r *room) {
				r.ledger.Status.OpenFold = openFold(4)
				r.ledger.Status.Totals = v1.LedgerTotals{Items: 1, OnHand: 88, Reserved: 3, Available: 85, Consumed: 12}
				r.items[0].Status = v1.StockItemStatus{ObservedGeneration: 1, OnHand: 88, Reserved: 3, Available: 85, Consumed: 12}
				r.memory.Figures[mugs] = ledger.Figures{Reserved: 3, Consumed: 12}
			},
		},
		"units of the open fold that its tally counts already": {
			change: func(r *room) {
				r.ledger.Status.OpenFold = openFold(3)
				r.reservations[0].Status.FoldID = 3
			},
		},
		"the worst comes first": {
			change: func(r *room) {
				r.ledger.Status.Totals.OnHand = 1e6
				r.items[0].Status.OnHand = 91
				r.reservations[1].Status.FoldID = 4
			},
			want: []Difference{
				{Kind: Uncounted, Object: "Reservation shipped", Figure: "last fold tallied of mug at ams", Expected: 4, Found: 3},
				{Kind: Item, Object: "StockItem mugs", Figure: "onHand", Expected: 90, Found: 91},
				{Kind: Totals, Object: "StockLedger default", Figure: "totals.onHand", Expected: 90, Found: 1e6},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRoom()
			tt.change(r)
			diff := cmp.Diff(tt.want, r.compare(), cmpopts.IgnoreUnexported(Difference{}), cmpopts.EquateEmpty())
			if diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

// openFold takes 2 of the mugs that the first cart holds.
func openFold(id int64) *v1.Fold {
	return &v1.Fold{
		ID:    id,
		Units: []v1.FoldUnits{{ProductID: mugs.ProductID, LocationID: mugs.LocationID, Quantity: 2}},
		Reservations: []v1.FoldedReservation{{UID: "held", Takes: []v1.Take{
			{ProductID: mugs.ProductID, LocationID: mugs.LocationID, Quantity: 2}}}},
	}
}
