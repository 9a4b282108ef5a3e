package allocator

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// counts makes the first tally count a fold.
func (r room) counts(lastFold, units int64) {
	r.t.Helper()
	tally := &v1.StockTally{ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: v1.TallyName(0)}}
	if err := r.Client.Create(r.t.Context(), tally); err != nil {
		r.t.Fatal(err)
	}
	tally.Status = v1.StockTallyStatus{LastFold: lastFold, Entries: take(units), Keys: 1, Consumed: units}
	if err := r.Client.Status().Update(r.t.Context(), tally); err != nil {
		r.t.Fatal(err)
	}
}

func (r room) tally() *v1.StockTally {
	r.t.Helper()
	var tally v1.StockTally
	err := r.Client.Get(r.t.Context(), client.ObjectKey{Namespace: r.namespace, Name: v1.TallyName(0)}, &tally)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return &tally
}

// A tally that somebody deleted, or made anew with less, comes to count again what
// is remembered of it; one that counts as much or more is left alone.
func TestTallyIsMadeAgain(t *testing.T) {
	cases := map[string]struct {
		meddle func(r room)
		want   v1.StockTallyStatus
	}{
		"untouched":           {func(room) {}, v1.StockTallyStatus{LastFold: 3, Consumed: 7, Keys: 1, Entries: take(7)}},
		"deleted":             {room.dropTally, v1.StockTallyStatus{LastFold: 3, Consumed: 7, Keys: 1, Entries: take(7)}},
		"made anew with less": {func(r room) { r.dropTally(); r.counts(2, 5) }, v1.StockTallyStatus{LastFold: 3, Consumed: 7, Keys: 1, Entries: take(7)}},
		"counted since":       {func(r room) { r.dropTally(); r.counts(4, 9) }, v1.StockTallyStatus{LastFold: 4, Consumed: 9, Keys: 1, Entries: take(9)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := openRoom(t)
			held := CatchUp{Claim: r.claimed(t.Context())}
			r.counts(3, 7)
			if err := r.listTallies(t.Context(), held); err != nil {
				t.Fatal(err)
			}
			tc.meddle(r)
			before := r.tally()
			if err := r.listTallies(t.Context(), held); err != nil {
				t.Fatal(err)
			}
			after := r.tally()
			if after == nil {
				t.Fatal("there is no tally")
			}
			if diff := cmp.Diff(tc.want, after.Status); diff != "" {
				t.Errorf("the tally (-want +got):\n%s", diff)
			}
			if before != nil && before.Status.LastFold >= 3 && before.ResourceVersion != after.ResourceVersion {
				t.Error("it was written though nothing was missing")
			}
			if got := r.state.Stock().Totals().Consumed; got != tc.want.Consumed {
				t.Errorf("%d units are known to be shipped, want %d", got, tc.want.Consumed)
			}
		})
	}
}

// A process that was superseded does not make a tally again: whoever holds the
// ledger now may remember more.
func TestSupersededMakesNoTally(t *testing.T) {
	r := openRoom(t)
	held := CatchUp{Term: 4, Claim: r.claimed(t.Context())}
	r.counts(3, 7)
	if err := r.listTallies(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	r.dropTally()
	held.Claim.Holder = "somebody before"
	if diff := cmp.Diff(Event(TakenOver{Term: 4}), r.catchUp(t.Context(), held)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if tally := r.tally(); tally != nil && tally.Status.LastFold > 0 {
		t.Errorf("the tally is %+v", tally.Status)
	}
}

// Nobody makes a tally that was never there.
func TestNoTallyOutOfNothing(t *testing.T) {
	r := openRoom(t)
	if err := r.listTallies(t.Context(), CatchUp{Rebuild: true, Fence: "fence", Claim: r.claimed(t.Context())}); err != nil {
		t.Fatal(err)
	}
	if tally := r.tally(); tally != nil {
		t.Errorf("there is %+v", tally.Status)
	}
}

// A fold is added to what a deleted tally counted, not to nothing, and is counted
// once however often it is tallied.
func TestFoldOntoADeletedTally(t *testing.T) {
	r := openRoom(t)
	claim := r.claimed(t.Context())
	r.counts(3, 7)
	if err := r.listTallies(t.Context(), CatchUp{Claim: claim}); err != nil {
		t.Fatal(err)
	}
	fold := TallyFold{Term: 4, ID: 4, Claim: claim, Units: []v1.FoldUnits{{ProductID: "p", LocationID: "a", Quantity: 2}}}
	for range 2 {
		r.dropTally()
		if diff := cmp.Diff(Event(Tallied{Term: 4}), r.tallyFold(t.Context(), fold)); diff != "" {
			t.Fatalf("answer (-want +got):\n%s", diff)
		}
		if got := r.state.Stock().Totals().Consumed; got != 9 {
			t.Errorf("%d units are known to be shipped, want 9", got)
		}
	}
	if err := r.listTallies(t.Context(), CatchUp{Claim: claim}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v1.StockTallyStatus{LastFold: 4, Consumed: 9, Keys: 1, Entries: take(9)}, r.tally().Status); diff != "" {
		t.Errorf("the tally (-want +got):\n%s", diff)
	}
}

func (r room) dropTally() {
	r.t.Helper()
	if err := r.Client.Delete(r.t.Context(), r.tally()); err != nil {
		r.t.Fatal(err)
	}
}
