package allocator

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
)

// resting is a leader at rest with units of p, all sellable.
func resting(t *testing.T, units int64) *driver {
	d := drive(t)
	d.do(d.stock(units))
	d.lead()
	return d
}

// All that wait when a write ends are decided together, in order of arrival,
// by the next.
func TestBatch(t *testing.T) {
	d := resting(t, 10)
	first := only[WriteLedger](t, d.do(call1(1, "a", 4)))
	for i, e := range []ReserveCalled{call1(2, "b", 4), call1(3, "c", 3), call1(4, "d", 2), call1(5, "b", 4)} {
		if effects := d.do(e); len(effects) > 0 {
			t.Fatalf("call %d is not made to wait: %+v", i, effects)
		}
	}
	effects := d.do(landedAt(first, 13))
	a := holdOf("a", 4, d.now)
	d.expect(effects[:1], Reply{Call: 1, Decision: Decision{Hold: &a}})
	second := only[WriteLedger](t, effects)
	if second.Decisions != 3 || second.Version != 13 {
		t.Errorf("%d decisions over version %d, want 3 over 13", second.Decisions, second.Version)
	}
	if diff := cmp.Diff([]string{"a", "b", "d"}, inFlight(second)); diff != "" {
		t.Errorf("in flight (-want +got):\n%s", diff)
	}
	b, dd := holdOf("b", 4, d.now), holdOf("d", 2, d.now)
	short := []v1.UnavailableItem{{ProductID: "p", Requested: 3, Available: 2}}
	d.expect(d.do(landedAt(second, 14)),
		Reply{Call: 2, Decision: Decision{Hold: &b}},
		Reply{Call: 5, Decision: Decision{Hold: &b}},
		Reply{Call: 3, Decision: Decision{Short: short, At: d.now.Truncate(time.Microsecond)}},
		Reply{Call: 4, Decision: Decision{Hold: &dd}})
}

// An answer proves that the ledger was held after the call: a call that comes
// while the decision on the same Reservation is being written gets the same
// hold, but only with a later write.
func TestCallDuringTheWriteNeedsALaterOne(t *testing.T) {
	d := resting(t, 10)
	first := only[WriteLedger](t, d.do(call1(1, "a", 4)))
	d.do(call1(2, "a", 4))
	effects := d.do(landedAt(first, 13))
	if replies := every[Reply](effects); len(replies) != 1 || replies[0].Call != 1 {
		t.Fatalf("the first write answers %+v, want call 1 alone", replies)
	}
	second := only[WriteLedger](t, effects)
	if diff := cmp.Diff([]string{"a"}, inFlight(second)); diff != "" || d.reserved() != 4 {
		t.Errorf("%d reserved, in flight (-want +got):\n%s", d.reserved(), diff)
	}
	if hold := replied(t, d.do(landedAt(second, 14))); hold == nil || !hold.ReservedAt.Equal(&first.Status.InFlight[0].ReservedAt) {
		t.Errorf("the later answer is %+v, want the same hold", hold)
	}
}

// So does a repetition long after: the hold is the same, and the write is what
// the caller needs as its proof.
func TestRepetitionIsProvenAgain(t *testing.T) {
	d := resting(t, 10)
	d.do(landedAt(only[WriteLedger](t, d.do(call1(1, "a", 4))), 13))
	d.now = d.now.Add(time.Minute)
	again := only[WriteLedger](t, d.do(call1(2, "a", 4)))
	if hold := replied(t, d.do(landedAt(again, 14))); hold == nil || !hold.ReservedAt.Equal(&again.Status.InFlight[0].ReservedAt) {
		t.Errorf("the answer is %+v, want %+v", hold, again.Status.InFlight[0])
	}
	if d.reserved() != 4 {
		t.Errorf("%d reserved, want 4", d.reserved())
	}
}

func TestProofAlone(t *testing.T) {
	d := resting(t, 10)
	write := only[WriteLedger](t, d.do(ReserveCalled{Call: 1, UID: "item"}))
	d.do(ReserveCalled{Call: 2, UID: "item"})
	effects := d.do(landedAt(write, 13))
	d.expect(effects[:1], Reply{Call: 1})
	d.expect(d.do(landedAt(only[WriteLedger](t, effects), 14)), Reply{Call: 2})
	if len(d.entries) > 0 || len(write.Status.InFlight) > 0 {
		t.Errorf("a call that asks for nothing holds %+v", d.entries)
	}
}

// Settled holds stay in the stored ledger until a write without them landed:
// one whose answer is lost must not lose the others' places.
func TestSettledEntriesLeaveWithALandedWrite(t *testing.T) {
	d := resting(t, 10)
	d.do(landedAt(only[WriteLedger](t, d.do(call1(1, "a", 4))), 13))
	d.now = d.now.Add(settleDelay / 2)
	d.expect(d.do(seen("a", 40, v1.PhaseReserved, 4)))
	write := only[WriteLedger](t, d.do(call1(2, "b", 1)))
	if diff := cmp.Diff([]string{"b"}, inFlight(write)); diff != "" {
		t.Errorf("in flight (-want +got):\n%s", diff)
	}
	if len(d.entries) != 2 {
		t.Errorf("%d entries while nothing landed, want 2", len(d.entries))
	}
	d.do(landedAt(write, 14))
	if _, known := d.entries["a"]; known || len(d.order) != 1 {
		t.Errorf("entries after landing: %v", d.order)
	}
	d.do(seen("b", 41, v1.PhaseReleased, 0))
	if d.reserved() != 4 {
		t.Errorf("%d reserved, want the committed 4", d.reserved())
	}
	d.now = d.now.Add(settleDelay)
	last := only[WriteLedger](t, d.do(Woken{}))
	want := v1.LedgerTotals{Items: 1, OnHand: 10, Reserved: 4, Available: 6}
	if diff := cmp.Diff(want, last.Status.Totals); diff != "" || len(last.Status.InFlight) > 0 {
		t.Errorf("in flight %v, totals (-want +got):\n%s", inFlight(last), diff)
	}
	d.do(landedAt(last, 15))
	d.now = d.now.Add(settleDelay)
	d.expect(d.do(Woken{})) // nothing is left to write
}

func TestSuperseded(t *testing.T) {
	cases := map[string]struct {
		before, after []Event
	}{
		"reserved before the call": {before: []Event{seen("a", 3, v1.PhaseReserved, 1)}},
		"refused before the call":  {before: []Event{seen("a", 3, v1.PhaseUnavailable, 0)}},
		"deleted before the call":  {before: []Event{ReservationSeen{UID: "a", Gone: true}}},
		"released while it waits":  {after: []Event{seen("a", 3, v1.PhaseReleased, 0)}},
		"deleted while it waits":   {after: []Event{ReservationSeen{UID: "a", Gone: true}}},
		"reserved while it waits":  {after: []Event{seen("a", 3, v1.PhaseReserved, 1)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := resting(t, 10)
			d.do(tc.before...)
			if len(tc.after) > 0 {
				d.do(call1(8, "other", 1)) // a write is under way
			}
			effects := d.do(call1(9, "a", 1))
			if len(tc.after) > 0 {
				d.expect(effects)
				effects = d.do(tc.after...)
			}
			if replies := every[Reply](effects); len(replies) != 1 || replies[0].Call != 9 || !replies[0].Decision.Superseded {
				t.Errorf("replies are %+v", replies)
			}
		})
	}
}

func TestPendingSettlesNothing(t *testing.T) {
	d := resting(t, 10)
	d.do(landedAt(only[WriteLedger](t, d.do(call1(1, "a", 4))), 13))
	d.expect(d.do(seen("a", 40, v1.PhasePending, 0)))
	if d.entries["a"].settled || d.reserved() != 4 {
		t.Errorf("settled %t with %d reserved", d.entries["a"].settled, d.reserved())
	}
}

func TestDroppedCalls(t *testing.T) {
	d := resting(t, 10)
	write := only[WriteLedger](t, d.do(call1(1, "a", 1)))
	d.do(call1(2, "b", 1), call1(3, "b", 1), call1(4, "c", 1))
	d.do(CallDropped{Call: 1, UID: "a"}, CallDropped{Call: 2, UID: "b"}, CallDropped{Call: 4, UID: "c"}, CallDropped{Call: 9, UID: "ghost"})
	next := only[WriteLedger](t, d.do(landedAt(write, 13)))
	if diff := cmp.Diff([]string{"a", "b"}, inFlight(next)); diff != "" {
		t.Errorf("what is being written stays, what nobody waits for goes (-want +got):\n%s", diff)
	}
}

// A cart that declared units would serve waits until they are shown, and lets
// others pass.
func TestWaitsForUnitsToBeShown(t *testing.T) {
	d := resting(t, 3)
	raised := d.stock(8)
	raised.Version, raised.Item.Sellable = 6, 3
	d.do(raised)
	d.now = d.now.Add(settleDelay / 2)
	d.expect(d.do(call1(1, "big", 5)))
	write := only[WriteLedger](t, d.do(call1(2, "small", 1)))
	d.do(landedAt(write, 13))
	if d.Waiting() != 1 || write.Decisions != 1 {
		t.Fatalf("%d wait, %d were decided", d.Waiting(), write.Decisions)
	}
	shown := raised
	shown.Version, shown.Item.Sellable = 7, 8
	next := only[WriteLedger](t, d.do(shown))
	if hold := replied(t, d.do(landedAt(next, 14))); hold == nil || hold.UID != "big" {
		t.Errorf("answer is %+v", hold)
	}
}

// Requests that were being written when the ledger was lost are decided first
// when it is back, and one that was called for again is one request.
func TestOrderSurvivesALoss(t *testing.T) {
	d := resting(t, 10)
	d.do(call1(1, "a", 1))
	d.do(call1(2, "b", 1), call1(3, "a", 1), call1(4, "c", 1))
	read := only[ReadLedger](t, d.do(LedgerSeen{UID: ledgerUID, Gone: true}))
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: stored(30, 9)}))
	write := only[WriteLedger](t, d.do(landedAt(fence, 31), CaughtUp{Term: d.term}))
	if write.Decisions != 3 {
		t.Errorf("%d decisions, want 3", write.Decisions)
	}
	calls := map[uint64]bool{}
	for _, reply := range every[Reply](d.do(landedAt(write, 32))) {
		calls[reply.Call] = true
	}
	if diff := cmp.Diff(map[uint64]bool{1: true, 2: true, 3: true, 4: true}, calls); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
}
