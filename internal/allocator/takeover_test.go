package allocator

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

func uidSet(all ...types.UID) map[types.UID]struct{} {
	set := map[types.UID]struct{}{}
	for _, uid := range all {
		set[uid] = struct{}{}
	}
	return set
}

// The steps of a take-over, in their order: read, fence, catch up, roll
// forward, and only then decide.
func TestTakeOver(t *testing.T) {
	d := drive(t)
	open, done := holdOf("open", 2, start), holdOf("done", 3, start)
	d.expect(d.do(d.stock(10)))
	d.expect(d.do(Elected{}), ReadLedger{Term: 1})
	d.expect(d.do(call1(1, "new", 6)))

	before := stored(20, 4, open, done)
	effects := d.do(LedgerRead{Term: 1, Stored: before})
	status := *before.Status.DeepCopy()
	status.Holder, status.Epoch = me, 5
	status.Token = sealed("me/1", ledgerUID, &status)
	status.Conditions = []metav1.Condition{{
		Type: "Ready", Status: "False", Reason: "TakingOver", Message: "an operator takes over; reservations wait",
		LastTransitionTime: metav1.NewTime(start),
	}}
	d.expect(effects, WriteLedger{Term: 1, UID: ledgerUID, Version: 20, Status: status})
	if d.reserved() != 0 {
		t.Error("holds count before the fence landed")
	}

	claim := Claim{UID: ledgerUID, Holder: me, Epoch: 5}
	d.expect(d.do(landedAt(only[WriteLedger](t, effects), 21)), CatchUp{Term: 1, Fence: "ledger-1/5/me", Claim: claim})
	d.expect(d.do(seen("done", 18, v1.PhaseReserved, 3)))
	d.expect(d.do(CaughtUp{Term: 1, HoldsVersion: 25, Holds: uidSet("done")}),
		RollForward{Term: 1, Holds: []v1.InFlightHold{open}, Claim: claim})
	d.expect(d.do(seen("open", 26, v1.PhaseReserved, 2)))
	if d.Leading() {
		t.Fatal("leads before everything in flight is finished")
	}

	write := only[WriteLedger](t, d.do(RolledForward{Term: 1}))
	if diff := cmp.Diff([]string{}, inFlight(write)); diff != "" || write.Decisions != 1 {
		t.Errorf("%d decisions, in flight (-want +got):\n%s", write.Decisions, diff)
	}
	d.expect(d.do(landedAt(write, 27)), Reply{Call: 1, Decision: Decision{
		Short: []v1.UnavailableItem{{ProductID: "p", Requested: 6, Available: 5}}, At: start.Truncate(time.Microsecond),
	}}, Wake{After: time.Second})
}

func TestCatchUpEndsWhatIsNotListed(t *testing.T) {
	d := drive(t)
	d.do(d.stock(10), seen("gone", 6, v1.PhaseReserved, 4), Elected{})
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: stored(20, 4)}))
	d.do(landedAt(fence, 21))
	d.do(CaughtUp{Term: 1, ItemsVersion: 30, Items: uidSet("item"), HoldsVersion: 31})
	if d.reserved() != 0 {
		t.Errorf("%d are reserved for a Reservation that the list has not", d.reserved())
	}
	d.do(seen("gone", 7, v1.PhaseReserved, 4)) // a watch that lags
	if d.reserved() != 0 {
		t.Error("an old version brought the hold back")
	}
}

// Without stock, callers or a ledger there is nothing to take over, and no
// ledger is made.
func TestDormant(t *testing.T) {
	wakers := map[string]Event{
		"a stock item": ItemSeen{Version: 1, Item: drive(t).stock(1).Item},
		"a cart":       call1(1, "r", 1),
		"a ledger":     LedgerSeen{UID: ledgerUID, Version: 3},
	}
	for name, waker := range wakers {
		t.Run(name, func(t *testing.T) {
			d := drive(t)
			d.expect(d.do(Elected{}))
			d.expect(d.do(seen("r", 3, v1.PhaseReserved, 1), Progressed{Cursor: "3"}, Woken{}))
			d.expect(d.do(waker), ReadLedger{Term: 1})
			d.expect(d.do(waker))
		})
		t.Run(name+", not elected", func(t *testing.T) {
			d := drive(t)
			d.expect(d.do(waker))
			d.expect(d.do(Elected{}), ReadLedger{Term: 1})
		})
	}
}

// A namespace without a ledger gets one, and what is in the Reservations alone
// is touched before anything is decided.
func TestMissingLedgerIsRebuilt(t *testing.T) {
	d := drive(t)
	d.do(d.stock(10), Elected{})
	d.expect(d.do(LedgerRead{Term: 1}), CreateLedger{Term: 1})
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: &Stored{UID: "ledger-2", Version: 30}}))
	if fence.Status.Recovered || fence.Status.Epoch != 1 || fence.UID != "ledger-2" {
		t.Errorf("the fence is %+v", fence)
	}
	d.expect(d.do(landedAt(fence, 31)), CatchUp{
		Term: 1, Rebuild: true, Fence: "ledger-2/1/me", Claim: Claim{UID: "ledger-2", Holder: me, Epoch: 1},
	})
	d.do(seen("old", 32, v1.PhaseReserved, 8), call1(1, "new", 3))
	write := only[WriteLedger](t, d.do(CaughtUp{Term: 1, HoldsVersion: 33, Holds: uidSet("old")}))
	if !write.Status.Recovered || write.Decisions != 1 || len(write.Status.InFlight) != 0 {
		t.Errorf("recovered %t with %d decisions, in flight %v: the rebuilt ledger has no room for 3 units",
			write.Status.Recovered, write.Decisions, inFlight(write))
	}
}

// Until it says that it is recovered, whoever takes the ledger over rebuilds it.
func TestUnfinishedRebuildIsDoneAgain(t *testing.T) {
	d := drive(t)
	d.do(d.stock(1), Elected{})
	unfinished := stored(30, 2)
	unfinished.Status.Recovered = false
	unfinished.Status.Token = sealed("other/7", ledgerUID, &unfinished.Status)
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: unfinished}))
	if catchUp := only[CatchUp](t, d.do(landedAt(fence, 31))); !catchUp.Rebuild || catchUp.Fence != "ledger-1/3/me" {
		t.Errorf("catch-up is %+v", catchUp)
	}
}

func TestLedgerSeenByALeader(t *testing.T) {
	cases := map[string]struct {
		e    LedgerSeen
		lost bool
	}{
		"its own version, late":       {LedgerSeen{UID: ledgerUID, Version: 12, Token: "me/2"}, false},
		"an older one":                {LedgerSeen{UID: ledgerUID, Version: 10, Token: "other/7"}, false},
		"somebody else's":             {LedgerSeen{UID: ledgerUID, Version: 13, Token: "other/8"}, true},
		"annotated":                   {LedgerSeen{UID: ledgerUID, Version: 13, Token: sealed("me/2", ledgerUID, &v1.StockLedgerStatus{Holder: me, Epoch: 4, Recovered: true})}, false},
		"deleted":                     {LedgerSeen{UID: ledgerUID, Gone: true}, true},
		"a predecessor of it deleted": {LedgerSeen{UID: "ledger-0", Gone: true}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := drive(t)
			d.do(d.stock(5))
			d.lead()
			effects := d.do(tc.e)
			if lost := !d.Leading(); lost != tc.lost {
				t.Errorf("lost is %t, want %t", lost, tc.lost)
			}
			if tc.lost {
				d.expect(effects, ReadLedger{Term: d.term, Delay: firstDelay})
			}
		})
	}
}

// Deposed, it gives back what only the ledger knows, keeps its callers in order
// and ignores every answer to what it had under way.
func TestDeposed(t *testing.T) {
	d := drive(t)
	d.do(d.stock(5))
	d.lead()
	write := only[WriteLedger](t, d.do(call1(1, "a", 1)))
	d.do(call1(2, "b", 1), seen("c", 40, v1.PhaseReserved, 2))
	d.expect(d.do(Deposed{}))
	if d.reserved() != 2 || d.Waiting() != 2 {
		t.Errorf("%d reserved, %d wait: want the committed 2, and 2", d.reserved(), d.Waiting())
	}
	d.expect(d.do(landedAt(write, 13)))
	d.expect(d.do(call1(3, "d", 1)))

	read := only[ReadLedger](t, d.do(Elected{}))
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: as(write, 13)}))
	roll := only[RollForward](t, d.do(landedAt(fence, 14), CaughtUp{Term: d.term, HoldsVersion: 41, Holds: uidSet("c")}))
	if len(roll.Holds) != 1 || roll.Holds[0].UID != "a" {
		t.Errorf("rolls %+v forward, want what landed while it did not look", roll.Holds)
	}
	next := only[WriteLedger](t, d.do(RolledForward{Term: d.term}))
	if diff := cmp.Diff([]string{"a", "b", "d"}, inFlight(next)); diff != "" {
		t.Errorf("in flight (-want +got):\n%s", diff)
	}
}

// A Wake that was under way when leadership ended never comes back.
func TestDeposedWakesAgain(t *testing.T) {
	d := drive(t)
	d.do(d.stock(5))
	d.lead()
	d.do(Deposed{})
	read := only[ReadLedger](t, d.do(Elected{}))
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: stored(20, 9)}))
	d.expect(d.do(landedAt(fence, 21), CaughtUp{Term: d.term}), Wake{After: settleDelay})
}

// Two processes that both believe they lead come back later and later, until
// one of them decides something.
func TestDuelBacksOff(t *testing.T) {
	d := drive(t)
	d.do(d.stock(5))
	d.lead()
	version, epoch := uint64(12), int64(4)
	duel := func() time.Duration {
		version, epoch = version+1, epoch+1
		read := only[ReadLedger](t, d.do(LedgerSeen{UID: ledgerUID, Version: version, Token: "other/x"}))
		fence := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: stored(version, epoch)}))
		version, epoch = version+1, epoch+1
		d.do(landedAt(fence, version), CaughtUp{Term: d.term})
		return read.Delay
	}
	var delays []time.Duration
	for range 8 {
		delays = append(delays, duel())
	}
	ms := time.Millisecond
	if diff := cmp.Diff([]time.Duration{50 * ms, 100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, maxDelay, maxDelay}, delays); diff != "" {
		t.Errorf("delays (-want +got):\n%s", diff)
	}
	write := only[WriteLedger](t, d.do(call1(1, "r", 1)))
	d.do(landedAt(write, version+1))
	version++
	if delay := duel(); delay != firstDelay {
		t.Errorf("delay after a decision is %s, want %s", delay, firstDelay)
	}
}

func TestTakenOverWhileRollingForward(t *testing.T) {
	d := drive(t)
	d.do(d.stock(5), Elected{})
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: stored(20, 4, holdOf("open", 2, start))}))
	only[RollForward](t, d.do(landedAt(fence, 21), CaughtUp{Term: 1}))
	if d.reserved() != 2 {
		t.Errorf("%d reserved, want what is in flight", d.reserved())
	}
	d.expect(d.do(TakenOver{Term: 1}), ReadLedger{Term: 3, Delay: firstDelay})
	if d.reserved() != 2 {
		t.Errorf("%d reserved, want what the ledger names, until it is read again", d.reserved())
	}
	d.expect(d.do(RolledForward{Term: 1}), nil...)
	if d.Leading() {
		t.Error("leads after a stale answer")
	}
}
