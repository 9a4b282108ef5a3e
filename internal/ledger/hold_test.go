package ledger

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
)

var three = parts(from("a", "p", 3))

func TestHolds(t *testing.T) {
	cases := map[string]struct {
		do func(l *Ledger)
		// reserved is the number of units held afterwards, version that of r.
		reserved int64
		version  uint64
	}{
		"journaled":                     {func(l *Ledger) { l.Journal("r", three) }, 3, 0},
		"journaled twice":               {func(l *Ledger) { l.Journal("r", three); l.Journal("r", three) }, 3, 0},
		"journaled, committed":          {func(l *Ledger) { l.Journal("r", three); l.Commit("r", 4, three, 0) }, 3, 4},
		"committed, journaled":          {func(l *Ledger) { l.Commit("r", 4, three, 0); l.Journal("r", three) }, 3, 4},
		"committed twice":               {func(l *Ledger) { l.Commit("r", 4, three, 0); l.Commit("r", 4, three, 0) }, 3, 4},
		"committed newer":               {func(l *Ledger) { l.Commit("r", 4, three, 0); l.Commit("r", 6, three, 0) }, 3, 6},
		"committed older":               {func(l *Ledger) { l.Commit("r", 6, three, 0); l.Commit("r", 4, three, 0) }, 3, 6},
		"the Reservation is right":      {func(l *Ledger) { l.Journal("r", parts(from("b", "p", 1))); l.Commit("r", 4, three, 0) }, 3, 4},
		"withdrawn":                     {func(l *Ledger) { l.Journal("r", three); l.Withdraw("r") }, 0, 0},
		"withdrawn, journaled again":    {func(l *Ledger) { l.Journal("r", three); l.Withdraw("r"); l.Journal("r", three) }, 3, 0},
		"withdrawn when committed":      {func(l *Ledger) { l.Commit("r", 4, three, 0); l.Withdraw("r") }, 3, 4},
		"withdrawn when unknown":        {func(l *Ledger) { l.Withdraw("r") }, 0, 0},
		"ended":                         {func(l *Ledger) { l.Commit("r", 4, three, 0); l.End("r") }, 0, 0},
		"ended when journaled":          {func(l *Ledger) { l.Journal("r", three); l.End("r") }, 0, 0},
		"ended twice":                   {func(l *Ledger) { l.Commit("r", 4, three, 0); l.End("r"); l.End("r") }, 0, 0},
		"ended, journaled":              {func(l *Ledger) { l.End("r"); l.Journal("r", three) }, 0, 0},
		"ended, an old commit":          {func(l *Ledger) { l.End("r"); l.Commit("r", 4, three, 0) }, 0, 0},
		"ended and aged, an old commit": {func(l *Ledger) { l.End("r"); l.Forget(); l.Commit("r", 4, three, 0) }, 0, 0},
		"forgotten":                     {func(l *Ledger) { l.End("r"); l.Forget(); l.Forget(); l.Commit("r", 4, three, 0) }, 3, 4},
		"not in a newer list":           {func(l *Ledger) { l.Commit("r", 4, three, 0); l.CompleteHolds(4, nil) }, 0, 0},
		"not in an older list":          {func(l *Ledger) { l.Commit("r", 4, three, 0); l.CompleteHolds(3, nil) }, 3, 4},
		"in the list":                   {func(l *Ledger) { l.Commit("r", 4, three, 0); l.CompleteHolds(9, uids("r")) }, 3, 4},
		"journaled, not in the list":    {func(l *Ledger) { l.Journal("r", three); l.CompleteHolds(9, nil) }, 3, 0},
		"commit older than the list":    {func(l *Ledger) { l.CompleteHolds(4, nil); l.Commit("r", 4, three, 0) }, 0, 0},
		"commit newer than the list":    {func(l *Ledger) { l.CompleteHolds(4, nil); l.Commit("r", 5, three, 0) }, 3, 5},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := stocked(stock("p", "a", 10), stock("p", "b", 10))
			tc.do(l)
			want := Totals{Items: 2, OnHand: 20, Reserved: tc.reserved, Available: 20 - tc.reserved}
			if diff := gocmp.Diff(want, l.Totals()); diff != "" {
				t.Errorf("totals (-want +got):\n%s", diff)
			}
			if got := l.HoldVersion("r"); got != tc.version {
				t.Errorf("version is %d, want %d", got, tc.version)
			}
		})
	}
}

// The units of a hold are under its key, not under an item: deleting the item
// and making it again must not give them back.
func TestHoldsSurviveTheItem(t *testing.T) {
	l := stocked(stock("p", "a", 10))
	l.Commit("r", 5, three, 0)
	l.DropItem("p@a")
	if available, reserved, known := l.Level("p"); available != 0 || reserved != 3 || !known {
		t.Errorf("without the item available is %d, reserved %d, known %t: want 0, 3, true", available, reserved, known)
	}
	l.PutItem(stock("p", "a", 10).with(func(i *Item) { i.UID = "again" }), 9)
	want := Position{Serving: true, ServingName: "p@a", Reserved: 3, Available: 7}
	if got, _ := l.Position("again"); got != want {
		t.Errorf("position is %+v, want %+v", got, want)
	}
	l.DropItem("again")
	l.End("r")
	if _, _, known := l.Level("p"); known || l.Totals() != (Totals{}) {
		t.Errorf("something is left: %+v", l.Totals())
	}
}

func TestPosition(t *testing.T) {
	cases := map[string]struct {
		item Item
		held []v1.Allocation
		want Position
	}{
		"free":         {stock("p", "a", 5), nil, Position{Available: 5}},
		"held":         {stock("p", "a", 5), three, Position{Reserved: 3, Available: 2}},
		"safety stock": {stock("p", "a", 5).with(safety(4)), three, Position{Reserved: 3}},
		"suspended":    {stock("p", "a", 5).with(suspended), three, Position{Reserved: 3}},
		"shortfall":    {stock("p", "a", 1), three, Position{Reserved: 3, Shortfall: 2}},
		"measured against declared units": {
			stock("p", "a", 5).with(sellableNow(0)), three, Position{Reserved: 3, Available: 2},
		},
		"the largest shortfall": {
			stock("p", "a", 0).with(safety(most)), parts(from("a", "p", most)), Position{Reserved: most, Shortfall: most},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := stocked(tc.item)
			l.Journal("r", tc.held)
			tc.want.Serving, tc.want.ServingName = true, tc.item.Name
			got, known := l.Position(tc.item.UID)
			if diff := gocmp.Diff(tc.want, got); diff != "" || !known {
				t.Errorf("position, known %t (-want +got):\n%s", known, diff)
			}
		})
	}
	if _, known := New().Position("nobody"); known {
		t.Error("an item that was never seen is known")
	}
}

func TestLevel(t *testing.T) {
	l := stocked(
		stock("p", "a", 5), stock("p", "b", 9).with(sellableNow(4)),
		stock("p", "c", 7).with(suspended), stock("q", "a", 1))
	l.Journal("r", parts(from("a", "p", 2), from("c", "p", 1)))
	if available, reserved, known := l.Level("p"); available != 7 || reserved != 3 || !known {
		t.Errorf("available %d, reserved %d, known %t: want 7, 3, true", available, reserved, known)
	}
	if _, _, known := l.Level("ghost"); known {
		t.Error("a product nobody stocks is known")
	}
}

func TestTakeChanged(t *testing.T) {
	l := stocked(stock("p", "a", 10), stock("p", "b", 10))
	l.TakeChanged()
	l.PutItem(stock("p", "a", 10), 9) // a new version, the same figures
	if got := l.TakeChanged(); len(got) > 0 {
		t.Errorf("changed are %v, want none", got)
	}
	l.Journal("r", parts(from("a", "p", 1), from("b", "p", 1)))
	got := l.TakeChanged()
	slices.SortFunc(got, func(a, b Key) int { return cmp.Compare(a.LocationID, b.LocationID) })
	if diff := gocmp.Diff([]Key{{"p", "a"}, {"p", "b"}}, got); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if got := l.TakeChanged(); len(got) > 0 {
		t.Errorf("changed are %v, want none", got)
	}
}
