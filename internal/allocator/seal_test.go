package allocator

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	v1 "github.com/acme/inventory-service/api/v1"
)

// folding is a ledger as another leader left it, with holds in flight and a fold.
func folding(version uint64) *Stored {
	left := stored(version, 4, holdOf("open", 2, start), holdOf("other", 1, start))
	left.Status.LastFold = 4
	left.Status.OpenFold = &v1.Fold{
		ID: 5, Units: []v1.FoldUnits{{ProductID: "p", LocationID: "a", Quantity: 3}},
		Reservations: []v1.FoldedReservation{{UID: "b", Name: "b", Takes: take(3)}},
	}
	left.Status.Token = sealed("other/7", ledgerUID, &left.Status)
	return left
}

// Whoever takes over a ledger that was edited where it says what is held or consumed
// believes none of it, and finds both in the Reservations and the tallies.
func TestEditedLedgerIsLost(t *testing.T) {
	cases := map[string]struct {
		edit func(l *Stored)
		lost bool
	}{
		"nothing":            {edit: func(*Stored) {}},
		"cursor":             {edit: func(l *Stored) { l.Status.Cursor = "7" }},
		"totals":             {edit: func(l *Stored) { l.Status.Totals.Reserved = 99 }},
		"conditions":         {edit: func(l *Stored) { l.Status.Conditions = []metav1.Condition{{Type: "Ready"}} }},
		"audit":              {edit: func(l *Stored) { l.Status.Audit = &v1.AuditStatus{Differences: 3} }},
		"all holds removed":  {edit: func(l *Stored) { l.Status.InFlight = nil }, lost: true},
		"a hold removed":     {edit: func(l *Stored) { l.Status.InFlight = l.Status.InFlight[1:] }, lost: true},
		"units of a hold":    {edit: func(l *Stored) { l.Status.InFlight[0].Allocations[0].Quantity = 1 }, lost: true},
		"a hold added":       {edit: func(l *Stored) { l.Status.InFlight = append(l.Status.InFlight, holdOf("new", 1, start)) }, lost: true},
		"fold removed":       {edit: func(l *Stored) { l.Status.OpenFold = nil }, lost: true},
		"units of the fold":  {edit: func(l *Stored) { l.Status.OpenFold.Units[0].Quantity = 4 }, lost: true},
		"member of the fold": {edit: func(l *Stored) { l.Status.OpenFold.Reservations = nil }, lost: true},
		"epoch lowered":      {edit: func(l *Stored) { l.Status.Epoch = 3 }, lost: true},
		"holder":             {edit: func(l *Stored) { l.Status.Holder = "nobody" }, lost: true},
		"recovered":          {edit: func(l *Stored) { l.Status.Recovered = false }, lost: true},
		"last fold":          {edit: func(l *Stored) { l.Status.LastFold = 3 }, lost: true},
		"token":              {edit: func(l *Stored) { l.Status.Token = "other/7" }, lost: true},
		"another ledger":     {edit: func(l *Stored) { l.UID = "ledger-2" }, lost: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := drive(t)
			d.do(d.stock(9), Elected{})
			left := folding(20)
			tc.edit(left)
			fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: left}))
			s := &fence.Status
			if tc.lost && (s.Recovered || len(s.InFlight) > 0 || s.OpenFold != nil) {
				t.Errorf("the fence believes recovered %t, holds %v, fold %v", s.Recovered, inFlight(fence), s.OpenFold)
			}
			if !tc.lost && (!s.Recovered || len(s.InFlight) != 2 || s.OpenFold == nil) {
				t.Errorf("the fence lost recovered %t, holds %v, fold %v", s.Recovered, inFlight(fence), s.OpenFold)
			}
			if catchUp := only[CatchUp](t, d.do(landedAt(fence, 21))); catchUp.Rebuild != tc.lost {
				t.Errorf("rebuild is %t, want %t", catchUp.Rebuild, tc.lost)
			}
		})
	}
}

// Numbers that somebody put into a ledger leave room for those that follow.
func TestEditedNumbersAreNotContinued(t *testing.T) {
	d := drive(t)
	d.do(d.stock(9), Elected{})
	left := folding(20)
	left.Status.Epoch, left.Status.LastFold = math.MaxInt64, math.MaxInt64
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: left}))
	if s := &fence.Status; s.Epoch != 1 || s.LastFold != 0 {
		t.Errorf("the fence has epoch %d and last fold %d, want 1 and 0", s.Epoch, s.LastFold)
	}
	d.do(landedAt(fence, 21))
	d.do(CaughtUp{Term: 1, FoldFloor: 6})
	d.now = d.now.Add(settleDelay)
	write := only[WriteLedger](t, d.do(Woken{}))
	if write.Status.LastFold != 6 {
		t.Errorf("the rebuilt ledger has last fold %d, want the highest that any object shows, 6", write.Status.LastFold)
	}

	left.Status.Epoch = 1000
	next := drive(t)
	next.do(next.stock(9), Elected{})
	if fence := only[WriteLedger](t, next.do(LedgerRead{Term: 1, Stored: left})); fence.Status.Epoch != 1001 {
		t.Errorf("a believable epoch of 1000 is followed by %d", fence.Status.Epoch)
	}
}

// What was made of an edited ledger is as an operator wrote it: the next one that
// takes over does not believe what was edited either.
func TestEditedLedgerStaysLost(t *testing.T) {
	d := drive(t)
	d.do(d.stock(9), Elected{})
	left := folding(20)
	left.Status.InFlight = left.Status.InFlight[1:]
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: left}))

	next := drive(t)
	next.self = "next"
	next.do(next.stock(9), Elected{})
	fence = only[WriteLedger](t, next.do(LedgerRead{Term: 1, Stored: as(fence, 21)}))
	if catchUp := only[CatchUp](t, next.do(landedAt(fence, 22))); !catchUp.Rebuild {
		t.Error("a rebuild that was not finished is not done again")
	}
}

// A leader with nothing to write notices an edit all the same.
func TestIdleLeaderSeesAnEdit(t *testing.T) {
	d := drive(t)
	d.do(d.stock(5))
	d.lead()
	effects := d.do(LedgerSeen{UID: ledgerUID, Version: 13, Token: d.base.Status.Token, Edited: true})
	d.expect(effects, ReadLedger{Term: d.term, Delay: firstDelay})
}

// A standby counts the fold that an operator wrote, and not what somebody made of it.
func TestEditedFoldIsNotFollowed(t *testing.T) {
	a := New(Options{Name: "standby", Clock: clock.RealClock{}})
	see := func(version uint64, edit func(l *Stored)) int64 {
		l := folding(version)
		edit(l)
		a.SeeLedger(&v1.StockLedger{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", UID: l.UID, ResourceVersion: formatVersion(version)}, Status: l.Status,
		})
		return a.shard("shop").state.Stock().Totals().Consumed
	}
	got := []int64{
		see(20, func(*Stored) {}),
		see(21, func(l *Stored) { l.Status.OpenFold.Units[0].Quantity = 4 }),
		see(22, func(l *Stored) { l.Status.OpenFold = nil }),
		see(23, func(l *Stored) {
			l.Status.OpenFold = nil
			l.Status.Token = sealed("other/8", l.UID, &l.Status)
		}),
	}
	if diff := cmp.Diff([]int64{3, 3, 3, 0}, got); diff != "" {
		t.Errorf("consumed units (-want +got):\n%s", diff)
	}
}

// A seal fits one ledger and what it says, and nothing else.
func TestSeal(t *testing.T) {
	s := folding(1).Status
	seals := map[string]string{}
	for name, seal := range map[string]string{
		"as it is": seal(ledgerUID, &s), "another uid": seal(types.UID("ledger-2"), &s), "empty": seal(ledgerUID, &v1.StockLedgerStatus{}),
	} {
		if other, twice := seals[seal]; twice || seal == "" {
			t.Errorf("%s has the seal %q of %s", name, seal, other)
		}
		seals[seal] = name
	}
	if trusted(&Stored{UID: ledgerUID}) {
		t.Error("a ledger that nobody has written is trusted")
	}
}
