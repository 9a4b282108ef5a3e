package ledger

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// populated is a Ledger with something in every field.
func populated() *Ledger {
	l := New()
	key := Key{ProductID: "p", LocationID: "a"}
	l.PutItem(Item{Key: key, UID: "item", Name: "item", Declared: 9, Sellable: 9}, 3)
	l.PutItem(Item{Key: key, UID: "twin", Name: "twin", Declared: 5, Sellable: 5}, 4)
	l.CompleteItems(2, map[types.UID]struct{}{"item": {}, "twin": {}})
	l.CompleteHolds(2, nil)
	l.Commit("held", 5, []v1.Allocation{{ProductID: "p", LocationID: "a", Quantity: 2}}, 0)
	l.Journal("journaled", []v1.Allocation{{ProductID: "p", LocationID: "a", Quantity: 1}})
	l.End("before")
	l.Forget()
	l.End("gone")
	l.PutTally(0, 6, 1, []v1.Take{{ProductID: "p", LocationID: "a", Quantity: 1}})
	l.OpenFold(2)
	l.Consume("held", []v1.Take{{ProductID: "p", LocationID: "a", Quantity: 1}})
	return l
}

// exact compares everything, unexported fields included.
var exact = cmp.Exporter(func(reflect.Type) bool { return true })

// A field that is added and not cloned shows here.
func TestCloneIsComplete(t *testing.T) {
	l := populated()
	for i := range reflect.TypeFor[Ledger]().NumField() {
		if reflect.ValueOf(l).Elem().Field(i).IsZero() {
			t.Errorf("field %s is not populated: this test says nothing about it", reflect.TypeFor[Ledger]().Field(i).Name)
		}
	}
	if diff := cmp.Diff(l, l.Clone(), exact); diff != "" {
		t.Errorf("the clone differs (-want +got):\n%s", diff)
	}
}

// What happens to a clone does not show in its origin, nor the other way round.
func TestCloneIsIndependent(t *testing.T) {
	changes := map[string]func(l *Ledger){
		"item":        func(l *Ledger) { l.PutItem(Item{Key: Key{"p", "a"}, UID: "item", Declared: 1}, 9) },
		"no item":     func(l *Ledger) { l.DropItem("twin") },
		"other place": func(l *Ledger) { l.PutItem(Item{Key: Key{"p", "0"}, UID: "third", Declared: 1}, 9) },
		"hold":        func(l *Ledger) { l.Commit("journaled", 9, nil, 2) },
		"end":         func(l *Ledger) { l.End("held") },
		"tally":       func(l *Ledger) { l.PutTally(0, 9, 2, []v1.Take{{ProductID: "p", LocationID: "a", Quantity: 2}}) },
		"consume":     func(l *Ledger) { l.Consume("journaled", []v1.Take{{ProductID: "p", LocationID: "a", Quantity: 1}}) },
		"stored":      func(l *Ledger) { l.FoldStored() },
		"closed":      func(l *Ledger) { l.CloseFold() },
		"lists":       func(l *Ledger) { l.CompleteItems(9, nil); l.CompleteHolds(9, nil) },
		"taken":       func(l *Ledger) { l.TakeChanged() },
		"forgotten":   func(l *Ledger) { l.Forget() },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			l := populated()
			change(l.Clone())
			if diff := cmp.Diff(populated(), l, exact); diff != "" {
				t.Errorf("the origin changed with its clone (-want +got):\n%s", diff)
			}
			clone := l.Clone()
			change(l)
			if diff := cmp.Diff(populated(), clone, exact); diff != "" {
				t.Errorf("the clone changed with its origin (-want +got):\n%s", diff)
			}
		})
	}
}

// A Snapshot names every field but those that are derived from others or taken
// by TakeChanged; one more field has to be looked at.
func TestSnapshotIsComplete(t *testing.T) {
	said := map[string]bool{
		"items": true, "shelves": true, "holds": true, "tallies": true, "fold": true, "gone": true, "goneBefore": true,
		"itemFloor": true, "holdFloor": true,
		"products": true, "totals": true, // derived
		"changed": true, // TakeChanged
	}
	for i := range reflect.TypeFor[Ledger]().NumField() {
		if name := reflect.TypeFor[Ledger]().Field(i).Name; !said[name] {
			t.Errorf("Snapshot does not say %s", name)
		}
	}
	s := populated().Snapshot()
	for i := range reflect.TypeFor[Snapshot]().NumField() {
		if reflect.ValueOf(s).Field(i).IsZero() {
			t.Errorf("%s is missing", reflect.TypeFor[Snapshot]().Field(i).Name)
		}
	}
	if diff := cmp.Diff(populated().Snapshot(), s); diff != "" {
		t.Errorf("two snapshots of the same (-want +got):\n%s", diff)
	}
}
