package ledger

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// After every observation the sums are those of a model that counts everything
// from the beginning.
func TestFiguresEqualTheModel(t *testing.T) {
	forSeeds(t, func(t *testing.T, g *generator) {
		l, m := New(), &model{}
		for _, o := range g.withJournal(g.history(60)) {
			o.tell(l)
			m.history = append(m.history, o)
			if diff := cmp.Diff(m.figures(), asked(l, g.items, products, nil)); diff != "" {
				t.Fatalf("after %+v (-model +ledger):\n%s", o, diff)
			}
		}
	})
}

// The same observations in any order, any of them several times, lead to the
// same figures and the same answers.
func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	forSeeds(t, func(t *testing.T, g *generator) {
		history := g.history(40)
		carts := g.carts()
		inOrder := New()
		for _, o := range history {
			o.tell(inOrder)
		}
		want := asked(inOrder, g.items, products, carts)
		for range 3 {
			shuffled := slices.Clone(history)
			for range g.IntN(20) {
				shuffled = append(shuffled, history[g.IntN(len(history))])
			}
			g.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			l := New()
			for i, o := range shuffled {
				if i == len(shuffled)/2 {
					l.Forget() // remembers at least the time since the last
				}
				o.tell(l)
			}
			if diff := cmp.Diff(want, asked(l, g.items, products, carts)); diff != "" {
				t.Fatalf("in another order (-want +got):\n%s", diff)
			}
		}
	})
}

// Lists that are complete at some version may come at any moment after it, and
// older input may follow them.
func TestCompleteListsEqualTheModel(t *testing.T) {
	forSeeds(t, func(t *testing.T, g *generator) {
		l, m := New(), &model{}
		history := g.history(60)
		for i, o := range history {
			m.history = append(m.history, o)
			if g.IntN(3) > 0 { // the others are missed, until a list shows them
				o.tell(l)
			}
			if i%15 != 14 {
				continue
			}
			g.list(l, m)
			for range 5 {
				history[g.IntN(i+1)].tell(l)
			}
			if diff := cmp.Diff(m.figures(), asked(l, g.items, products, nil)); diff != "" {
				t.Fatalf("after the list at %d (-model +ledger):\n%s", g.version, diff)
			}
		}
	})
}

// list tells a Ledger all there is now, as a take-over does.
func (g *generator) list(l *Ledger, m *model) {
	var version uint64
	items, reserved := map[types.UID]observation{}, map[types.UID]observation{}
	for _, o := range m.history {
		version = max(version, o.version)
		switch {
		case o.gone:
			delete(items, o.uid)
		case o.ended:
			delete(reserved, o.uid)
		case o.item != nil:
			items[o.uid] = o
		default:
			reserved[o.uid] = o
		}
	}
	for uid, o := range items {
		if l.ItemVersion(uid) < o.version {
			o.tell(l)
		}
	}
	for uid, o := range reserved {
		if l.HoldVersion(uid) < o.version {
			o.tell(l)
		}
	}
	l.CompleteItems(version, setOf(items))
	l.CompleteHolds(version, setOf(reserved))
}

func setOf(m map[types.UID]observation) map[types.UID]struct{} {
	set := map[types.UID]struct{}{}
	for uid := range m {
		set[uid] = struct{}{}
	}
	return set
}

// Adding something and taking it away again is the identity on every figure.
func TestAddThenRemoveIsTheIdentity(t *testing.T) {
	forSeeds(t, func(t *testing.T, g *generator) {
		l := New()
		for _, o := range g.history(40) {
			o.tell(l)
		}
		g.items = append(g.items, "new item")
		carts := g.carts()
		want := asked(l, g.items, products, carts)
		g.version++
		held := g.allocations()
		pairs := map[string][2]func(){
			"journal and withdraw": {func() { l.Journal("new 1", held) }, func() { l.Withdraw("new 1") }},
			"journal and end":      {func() { l.Journal("new 2", held) }, func() { l.End("new 2") }},
			"commit and end":       {func() { l.Commit("new 3", g.version, held, 0) }, func() { l.End("new 3") }},
			"commit and a list": {
				func() { l.Commit("new 4", g.version, held, 0) },
				func() { l.CompleteHolds(g.version, l.committedBut("new 4")) },
			},
			"put and drop": {func() { l.PutItem(g.item("new item"), g.version) }, func() { l.DropItem("new item") }},
		}
		for _, name := range []string{"journal and withdraw", "journal and end", "commit and end", "commit and a list", "put and drop"} {
			pairs[name][0]()
			if g.IntN(2) == 0 {
				pairs[name][0]() // a repetition changes nothing
			}
			pairs[name][1]()
			if diff := cmp.Diff(want, asked(l, g.items, products, carts), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

// committedBut are the UIDs of all committed holds but one.
func (l *Ledger) committedBut(uid types.UID) map[types.UID]struct{} {
	set := map[types.UID]struct{}{}
	for other, h := range l.holds {
		if other != uid && h.version > 0 {
			set[other] = struct{}{}
		}
	}
	return set
}

// An answer never takes more than there is, and is all or nothing.
func TestAnswersAreWholeAndCovered(t *testing.T) {
	forSeeds(t, func(t *testing.T, g *generator) {
		l, m := New(), &model{}
		for _, o := range g.history(40) {
			o.tell(l)
			m.history = append(m.history, o)
		}
		items, reserved := m.items(), m.reserved()
		for _, cart := range g.carts() {
			for _, allocate := range []func([]v1.ReservationItem) Answer{l.Allocate, l.AllocateWhole} {
				answer := allocate(cart)
				if answer.Wait || (answer.Short == nil) == (answer.Allocations == nil) {
					t.Fatalf("%v gets %+v", cart, answer)
				}
				taken := map[Key]int64{}
				lines := map[string]int64{}
				for _, a := range answer.Allocations {
					taken[Key{ProductID: a.ProductID, LocationID: a.LocationID}] += a.Quantity
					lines[a.ProductID] += a.Quantity
				}
				for key, units := range taken {
					s := items[key][0]
					if left := s.Declared - reserved[key] - s.SafetyStock; s.Suspended || units > left {
						t.Fatalf("%v takes %d from %v, which has %d left, suspended %t", cart, units, key, left, s.Suspended)
					}
				}
				for _, want := range cart {
					if answer.Short == nil && lines[want.ProductID] != want.Quantity {
						t.Fatalf("%v gets %+v", cart, answer)
					}
				}
			}
		}
	})
}
