package ledger

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
)

// twin is another item with the same key as stock("p", "a", ...).
func twin(uid types.UID, age time.Duration, units int64) Item {
	return stock("p", "a", units).with(func(i *Item) {
		i.UID, i.Name, i.CreatedAt = uid, string(uid), epoch.Add(-age)
	})
}

func TestDuplicatesServeInOrder(t *testing.T) {
	cases := map[string]struct {
		items []Item
		// names in order of precedence.
		want []string
	}{
		"the older serves":             {items(twin("a", 0, 1), twin("b", time.Hour, 2)), []string{"b", "a"}},
		"the older serves, seen first": {items(twin("b", time.Hour, 2), twin("a", 0, 1)), []string{"b", "a"}},
		"among equals the smaller UID": {items(twin("z", 0, 1), twin("y", 0, 2), twin("x", 0, 3)), []string{"x", "y", "z"}},
		"age counts before UID":        {items(twin("a", 0, 1), twin("z", time.Second, 2)), []string{"z", "a"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := stocked(tc.items...)
			key := Key{ProductID: "p", LocationID: "a"}
			for len(tc.want) > 0 {
				if diff := cmp.Diff(tc.want, l.ItemNames(key)); diff != "" {
					t.Fatalf("names (-want +got):\n%s", diff)
				}
				for i, name := range tc.want {
					p, known := l.Position(types.UID(name))
					if !known || p.Serving != (i == 0) || p.ServingName != tc.want[0] {
						t.Errorf("position of %s is %+v, known %t: %s serves", name, p, known, tc.want[0])
					}
				}
				if totals := l.Totals(); totals.Items != 1 {
					t.Errorf("%d items count, want the one that serves", totals.Items)
				}
				// Its deletion promotes the next.
				l.DropItem(types.UID(tc.want[0]))
				tc.want = tc.want[1:]
			}
			if l.HasItems() || l.Totals() != (Totals{}) || l.ItemNames(key) != nil {
				t.Errorf("something is left: %+v", l.Totals())
			}
		})
	}
}

func TestDuplicateCountsForNothing(t *testing.T) {
	l := stocked(twin("old", time.Hour, 5), twin("new", 0, 100))
	if diff := cmp.Diff(shortage(short("p", 6, 5)), l.Allocate(lines(line("p", 6)))); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Totals{Items: 1, OnHand: 5, Available: 5}, l.Totals()); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	l.DropItem("old")
	if diff := cmp.Diff(Totals{Items: 1, OnHand: 100, Available: 100}, l.Totals()); diff != "" {
		t.Errorf("totals after promotion (-want +got):\n%s", diff)
	}
}

func TestPutItemIgnoresOldInput(t *testing.T) {
	cases := map[string]struct {
		before func(l *Ledger)
		put    uint64
		news   bool
		// declared is what counts afterwards; the put says 50.
		declared int64
	}{
		"first":                       {func(*Ledger) {}, 3, true, 50},
		"newer":                       {func(l *Ledger) { l.PutItem(stock("p", "a", 7), 2) }, 3, true, 50},
		"the same version":            {func(l *Ledger) { l.PutItem(stock("p", "a", 7), 3) }, 3, false, 7},
		"older":                       {func(l *Ledger) { l.PutItem(stock("p", "a", 7), 4) }, 3, false, 7},
		"deleted":                     {func(l *Ledger) { l.DropItem("p@a") }, 3, false, 0},
		"deleted and aged once":       {func(l *Ledger) { l.DropItem("p@a"); l.Forget() }, 3, false, 0},
		"deleted and forgotten":       {func(l *Ledger) { l.DropItem("p@a"); l.Forget(); l.Forget() }, 3, true, 50},
		"not in a list that is newer": {func(l *Ledger) { l.CompleteItems(3, nil) }, 3, false, 0},
		"newer than the list":         {func(l *Ledger) { l.CompleteItems(2, nil) }, 3, true, 50},
		"an older list does not lower what is known": {
			func(l *Ledger) { l.CompleteItems(9, nil); l.CompleteItems(2, nil) }, 3, false, 0,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := New()
			tc.before(l)
			if news := l.PutItem(stock("p", "a", 50), tc.put); news != tc.news {
				t.Errorf("news is %t, want %t", news, tc.news)
			}
			if got := l.Totals().OnHand; got != tc.declared {
				t.Errorf("on hand is %d, want %d", got, tc.declared)
			}
		})
	}
}

func TestCompleteItemsDropsWhatIsNotListed(t *testing.T) {
	l := New()
	l.PutItem(stock("p", "a", 1), 3)
	l.PutItem(stock("p", "b", 2), 4)
	l.PutItem(stock("p", "c", 4), 9)
	l.CompleteItems(5, uids("p@b"))
	if diff := cmp.Diff(Totals{Items: 2, OnHand: 6, Available: 6}, l.Totals()); diff != "" {
		t.Errorf("totals: listed and newer items stay (-want +got):\n%s", diff)
	}
	if l.ItemVersion("p@a") != 0 || l.ItemVersion("p@b") != 4 || l.ItemVersion("p@c") != 9 {
		t.Errorf("versions are %d, %d, %d", l.ItemVersion("p@a"), l.ItemVersion("p@b"), l.ItemVersion("p@c"))
	}
}

func TestItemThatChangesItsKeyMoves(t *testing.T) {
	l := stocked(stock("p", "a", 5))
	l.PutItem(stock("q", "b", 5).with(func(i *Item) { i.UID = "p@a" }), 9)
	if _, _, known := l.Level("p"); known {
		t.Error("the old product is still known")
	}
	if available, _, _ := l.Level("q"); available != 5 {
		t.Errorf("available is %d, want 5", available)
	}
}
