package engines

import (
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// Git is rolled back to before a delivery that is sold by now: nothing more is sold, the engine
// says that it is degraded, and the way out is forward.
func rolledBack(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.sync(item("mug", "mug", 20))
	s.figures("mug", 20, 0, 20)
	s.hold(o, "cart", 15, 15)

	s.sync(item("mug", "mug", 10))
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Shortfall == 5 && i.Status.Available == 0 })
	s.healthy(itemKind, "mug", s.OfShortfall)
	if told := s.Ask(testbed.Reserve("late", testbed.BinaryMode, testbed.Item("mug", 1)), o); !told.Refused {
		s.Errorf("a cart is served beyond what was received: %s", told.Text)
	}
	s.sync(item("mug", "mug", 20))
	s.figures("mug", 20, 15, 5)
	s.served("mug")
	s.Settle()
}

// A commit suspends an item.
func suspendedInGit(s *stage) {
	o := s.operate()
	mug := item("mug", "mug", 10)
	s.sync(mug)
	s.served("mug")
	s.hold(o, "cart", 4, 4)
	s.differs([]string{"mug suspended"}, with(mug, "suspended", true))
	s.sync(with(mug, "suspended", true))
	s.figures("mug", 10, 4, 0)
	s.healthy(itemKind, "mug", s.OfSuspended)
	s.sync(mug)
	s.figures("mug", 10, 4, 6)
	s.served("mug")
	s.Settle()
}

// An item is suspended in an emergency, by hand. Git says nothing about that, and engines leave
// it alone; but some undo whatever kubectl has written.
func suspendedByHand(s *stage) {
	s.operate()
	git := []*Object{item("mug", "mug", 10), item("teapot", "teapot", 24)}
	s.sync(git...)
	s.served("mug", "teapot")
	suspend := func(name, manager string) {
		s.Helper()
		s.Must(s.Client.Patch(s.Context(), s.live(itemKind, name), client.RawPatch(types.MergePatchType, []byte(`{"spec":{"suspended":true}}`)), client.FieldOwner(manager)))
	}
	suspend("mug", "kubectl-patch") // kubectl patch
	suspend("teapot", "inventory")  // kubectl inventory suspend
	s.figures("mug", 10, 0, 0)
	s.figures("teapot", 24, 0, 0)
	s.sync(git...)
	s.sync(git...)
	s.figures("teapot", 24, 0, 0)
	if s.TakesKubectlBack {
		s.figures("mug", 10, 0, 10)
	} else {
		s.figures("mug", 10, 0, 0)
	}
}

// Git declares the items, and those who count the units set received, as another owner of that
// field.
func countedByAnother(s *stage) {
	o := s.operate()
	git := []*Object{with(item("mug", "mug", 0), "received", nil)}
	s.sync(git...)
	s.served("mug")
	count := item("mug", "mug", 50)
	count.SetNamespace(s.Namespace)
	s.Must(s.Client.Apply(s.Context(), client.ApplyConfigurationFromUnstructured(count), client.FieldOwner("warehouse"), client.ForceOwnership)) // kubectl apply owns even the default
	s.figures("mug", 50, 0, 50)
	s.hold(o, "cart", 4, 4)

	s.differs(nil, git...)
	s.sync(git...)
	git[0] = with(git[0], "safetyStock", int64(6))
	s.sync(git...)
	s.figures("mug", 50, 4, 40)
	s.Settle()
}

// A shop is moved to another namespace in Git: for every engine this is a deletion and a new item.
// All is healthy, and yet what carts hold stays behind: it is promised again.
func moved(s *stage) {
	o := s.operate()
	git := []*Object{item("mug", "mug", 10)}
	s.sync(git...)
	s.served("mug")
	s.hold(o, "cart", 4, 4)

	there := &stage{World: testbed.WorldOn(s.TB, s.ControlPlane), Player: s.Player}
	there.engine = s.New(there.World)
	there.operate()
	there.sync(git...)
	s.sync(item("teapot", "teapot", 24))
	s.gone("mug")
	there.served("mug")
	there.figures("mug", 10, 0, 10) // of which 4 are promised in the old namespace
	s.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.WithoutItem == 4 && l.Status.Totals.Open == 1 })
}
