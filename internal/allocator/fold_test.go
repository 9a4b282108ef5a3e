package allocator

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

func take(quantity int64) []v1.Take {
	return []v1.Take{{ProductID: "p", LocationID: "a", Quantity: quantity}}
}

// ship asks for units of a Reservation that shows foldID to be consumed.
func ship(call uint64, uid types.UID, quantity, foldID int64) ConsumeCalled {
	return ConsumeCalled{Call: call, UID: uid, Name: string(uid), Takes: take(quantity), FoldID: foldID}
}

// shows is a version of a Reservation of quantity units of which a fold took
// some.
func shows(uid types.UID, version uint64, quantity, consumed, foldID int64) ReservationSeen {
	e := seen(uid, version, v1.PhaseReserved, quantity)
	e.Allocations[0].Consumed, e.FoldID = consumed, foldID
	if quantity == consumed {
		e.Phase = v1.PhaseConsumed
	}
	return e
}

// shop leads with 10 units, of which carts a and b hold 2 and 3.
func shop(t *testing.T) *driver {
	t.Helper()
	d := drive(t)
	d.do(d.stock(10), shows("a", 20, 2, 0, 0), shows("b", 21, 3, 0, 0))
	d.lead()
	return d
}

// figures are on hand, reserved and available units.
func (d *driver) figures() [3]int64 {
	totals := d.Stock().Totals()
	return [3]int64{totals.OnHand, totals.Reserved, totals.Available}
}

func (d *driver) expectFigures(when string, onHand, reserved, available int64) {
	d.t.Helper()
	if diff := cmp.Diff([3]int64{onHand, reserved, available}, d.figures()); diff != "" {
		d.t.Errorf("%s: on hand, reserved, available (-want +got):\n%s", when, diff)
	}
}

// TestFold goes through the four steps of a fold of two Reservations.
func TestFold(t *testing.T) {
	d := shop(t)
	d.expectFigures("before", 10, 5, 5)

	first := only[WriteLedger](t, d.do(ship(1, "a", 2, 0)))
	d.do(ship(2, "b", 1, 0)) // while the first is being written
	second := only[WriteLedger](t, d.do(landedAt(first, 13)))
	if fold := second.Status.OpenFold; fold == nil || fold.ID != 1 || len(fold.Reservations) != 2 || fold.Units[0].Quantity != 3 {
		t.Fatalf("the fold is %+v, want both Reservations in one", fold)
	}
	reply := only[Reply](t, d.do(landedAt(second, 14)))
	if diff := cmp.Diff(Reply{Call: 2, Decision: Decision{Fold: &Folded{ID: 1, Takes: take(1)}}}, reply); diff != "" {
		t.Errorf("reply (-want +got):\n%s", diff)
	}
	d.expectFigures("consumed", 7, 2, 5)

	d.do(shows("a", 30, 2, 2, 1))
	d.now = d.now.Add(foldLinger)
	if effects := every[TallyFold](d.do(Woken{})); len(effects) > 0 {
		t.Fatal("the fold goes to the tallies before every Reservation shows it")
	}
	tally := only[TallyFold](t, d.do(shows("b", 31, 3, 1, 1)))
	if diff := cmp.Diff([]v1.FoldUnits{{ProductID: "p", LocationID: "a", Quantity: 3}}, tally.Units); diff != "" {
		t.Errorf("units (-want +got):\n%s", diff)
	}
	d.do(TallySeen{Shard: 0, Version: 40, LastFold: 1, Entries: take(3)})
	d.expectFigures("tallied", 7, 2, 5)
	d.now = d.now.Add(settleDelay)
	write := only[WriteLedger](t, d.do(Tallied{Term: d.term}))
	if write.Status.OpenFold != nil || write.Status.LastFold != 1 || write.Status.Totals.Consumed != 3 {
		t.Errorf("the ledger is left with %+v", write.Status)
	}
	d.expectFigures("done", 7, 2, 5)

	// The next fold has the next number.
	d.do(landedAt(write, 15))
	if next := only[WriteLedger](t, d.do(ship(3, "b", 2, 1))); next.Status.OpenFold.ID != 2 {
		t.Errorf("the next fold is %d", next.Status.OpenFold.ID)
	}
}

func TestConsumeOfWhatIsHeld(t *testing.T) {
	cases := map[string]struct {
		before []Event
		call   ConsumeCalled
		// superseded says that the answer is to read again.
		superseded bool
	}{
		"units that it holds":          {call: ship(9, "a", 2, 0)},
		"more than it holds":           {call: ship(9, "a", 3, 0), superseded: true},
		"unknown":                      {call: ship(9, "nobody", 1, 0), superseded: true},
		"released meanwhile":           {before: []Event{seen("a", 30, v1.PhaseReleased, 2)}, call: ship(9, "a", 2, 0), superseded: true},
		"deleted meanwhile":            {before: []Event{ReservationSeen{UID: "a", Gone: true}}, call: ship(9, "a", 2, 0), superseded: true},
		"by a version before a fold":   {before: []Event{shows("b", 30, 3, 1, 7)}, call: ship(9, "b", 1, 0), superseded: true},
		"a second part, tallied since": {before: []Event{shows("b", 30, 3, 1, 7)}, call: ship(9, "b", 1, 7)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := shop(t)
			d.do(tc.before...)
			effects := d.do(tc.call)
			if replies := every[Reply](effects); (len(replies) == 1 && replies[0].Decision.Superseded) != tc.superseded {
				t.Errorf("effects are %+v", effects)
			}
			if folds := every[WriteLedger](effects); (len(folds) == 1 && folds[0].Status.OpenFold != nil) == tc.superseded {
				t.Errorf("effects are %+v", effects)
			}
		})
	}
}

// TestSecondPartOfTheOpenFold: it waits for the next fold, which is not long.
func TestSecondPartOfTheOpenFold(t *testing.T) {
	d := shop(t)
	d.do(landedAt(only[WriteLedger](t, d.do(ship(1, "b", 1, 0))), 13))
	effects := d.do(shows("b", 30, 3, 1, 1), ship(2, "b", 1, 1))
	only[TallyFold](t, effects)
	effects = d.do(TallySeen{Version: 40, LastFold: 1, Entries: take(1)}, Tallied{Term: d.term})
	if write := only[WriteLedger](t, effects); write.Status.OpenFold == nil || write.Status.OpenFold.ID != 2 {
		t.Errorf("the ledger is %+v", write.Status)
	}
}

// TestConsumeIsAnsweredAgain: a caller whose first write failed gets the same
// answer, after another write of the ledger.
func TestConsumeIsAnsweredAgain(t *testing.T) {
	d := shop(t)
	d.do(landedAt(only[WriteLedger](t, d.do(ship(1, "b", 1, 0))), 13))
	write := only[WriteLedger](t, d.do(ship(2, "b", 2, 0)))
	reply := only[Reply](t, d.do(landedAt(write, 14)))
	if diff := cmp.Diff(&Folded{ID: 1, Takes: take(1)}, reply.Decision.Fold); diff != "" {
		t.Errorf("fold (-want +got):\n%s", diff)
	}
}

// TestFoldAtTakeOver: an open fold is finished before anything is decided.
func TestFoldAtTakeOver(t *testing.T) {
	left := stored(20, 4)
	left.Status.OpenFold = &v1.Fold{
		ID: 5, Units: []v1.FoldUnits{{ProductID: "p", LocationID: "a", Quantity: 3}},
		Reservations: []v1.FoldedReservation{{UID: "b", Name: "b", Takes: take(3)}},
	}
	left.Status.Token = sealed("other/7", ledgerUID, &left.Status)
	d := drive(t)
	d.do(d.stock(10), shows("b", 18, 3, 0, 0), Elected{}, call1(1, "new", 7))
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: left}))
	d.do(landedAt(fence, 21))
	d.expectFigures("fenced", 7, 0, 7)
	roll := only[RollForward](t, d.do(CaughtUp{Term: 1, HoldsVersion: 30, Holds: uidSet("b")}))
	if diff := cmp.Diff(left.Status.OpenFold, roll.Fold); diff != "" {
		t.Errorf("fold (-want +got):\n%s", diff)
	}
	tally := only[TallyFold](t, d.do(shows("b", 31, 3, 3, 5), RolledForward{Term: 1}))
	if tally.ID != 5 || d.Leading() {
		t.Errorf("it leads %t before fold %d is finished", d.Leading(), tally.ID)
	}
	effects := d.do(TallySeen{Version: 40, LastFold: 5, Entries: take(3)}, Tallied{Term: 1})
	write := only[WriteLedger](t, effects)
	if write.Status.OpenFold != nil || write.Status.LastFold != 5 || len(write.Status.InFlight) != 1 {
		t.Errorf("the first write is %+v", write.Status)
	}
	d.expectFigures("decided", 7, 7, 0)
}

// TestLostFold: what no tally counts is folded again, once, under a new number.
func TestLostFold(t *testing.T) {
	d := drive(t)
	d.do(d.stock(10), Elected{})
	empty := &Stored{UID: "new", Version: 50}
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: empty}))
	if catchUp := only[CatchUp](t, d.do(landedAt(fence, 51))); !catchUp.Rebuild {
		t.Fatal("a ledger without recovered is not rebuilt")
	}
	d.do(TallySeen{Version: 40, LastFold: 6, Entries: take(1)},
		CaughtUp{Term: 1, FoldFloor: 8, Refold: map[types.UID][]v1.Take{"a": take(2)}})
	d.now = d.now.Add(settleDelay)
	write := only[WriteLedger](t, d.do(Woken{}))
	if fold := write.Status.OpenFold; fold == nil || fold.ID != 9 || fold.Units[0].Quantity != 2 || !write.Status.Recovered {
		t.Fatalf("the first write is %+v", write.Status)
	}
	d.expectFigures("rebuilt", 7, 0, 7)
	// It is tallied only when it is stored.
	d.now = d.now.Add(foldLinger)
	if effects := every[TallyFold](d.do(Woken{})); len(effects) > 0 {
		t.Error("a fold that is not stored goes to the tallies")
	}
	only[TallyFold](t, d.do(landedAt(write, 52)))
}

// TestFoldBytes: the bound of a fold's size is one.
func TestFoldBytes(t *testing.T) {
	d := drive(t)
	d.lead()
	for i := range 40 {
		uid := types.UID(fmt.Sprintf("%08d-0000-0000-0000-000000000000", i))
		allocations := []v1.Allocation{
			{ProductID: fmt.Sprintf("<%d>&\"", i), LocationID: `"&<>`, Quantity: 1e9},
			{ProductID: fmt.Sprintf("<%d>&\"", i%7), LocationID: "b", Quantity: 1e9},
		}
		d.do(ReservationSeen{UID: uid, Version: uint64(100 + i), Phase: v1.PhaseReserved, Allocations: allocations})
		var takes []v1.Take
		for _, a := range allocations {
			takes = append(takes, v1.Take{ProductID: a.ProductID, LocationID: a.LocationID, Quantity: a.Quantity})
		}
		d.do(ConsumeCalled{Call: uint64(i), UID: uid, Name: "name", Takes: takes})
		if d.attempt != nil {
			w := WriteLedger{Term: d.term}
			w.Status.Token = d.attempt.tokens[len(d.attempt.tokens)-1]
			d.do(landedAt(w, uint64(200+i)))
		}
	}
	raw, err := json.Marshal(d.unfinishedFold())
	if err != nil {
		t.Fatal(err)
	}
	if bound := d.foldBytes(); len(raw) > bound+64 || len(d.fold.members) != 40 {
		t.Errorf("%d members take %d bytes, the bound says %d", len(d.fold.members), len(raw), bound)
	}
}

// TestTakesThatFit: a Reservation of very many places is consumed in parts.
func TestTakesThatFit(t *testing.T) {
	var takes []v1.Take
	for i := range 5000 {
		takes = append(takes, v1.Take{ProductID: fmt.Sprintf("product-%036d", i), LocationID: "a", Quantity: 1})
	}
	got := fitting(takes)
	if size := memberBytes("", got); len(got) == 0 || size > MaxInFlightBytes/2 {
		t.Errorf("%d takes of %d bytes fit", len(got), size)
	}
}
