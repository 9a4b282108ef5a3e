package engines

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

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
	git := []*Object{item("mug", "mug", 10), item("teapot", "teapot", 24), item("cup", "cup", 6)}
	s.sync(git...)
	s.served("mug", "teapot", "cup")
	suspend := func(name, manager string) {
		s.Helper()
		s.Must(s.Client.Patch(s.Context(), s.live(itemKind, name), client.RawPatch(types.MergePatchType, []byte(`{"spec":{"suspended":true}}`)), client.FieldOwner(manager)))
	}
	suspend("mug", "kubectl-patch") // kubectl patch
	suspend("teapot", "inventory")  // kubectl inventory suspend
	s.apply(with(git[2], "suspended", true))
	s.figures("mug", 10, 0, 0)
	s.figures("teapot", 24, 0, 0)
	s.figures("cup", 6, 0, 0)
	s.sync(git...)
	s.sync(git...)
	s.figures("teapot", 24, 0, 0)
	if s.TakesKubectlBack {
		s.figures("mug", 10, 0, 10)
	} else {
		s.figures("mug", 10, 0, 0)
	}
	if s.LeavesKubectlApply {
		s.figures("cup", 6, 0, 0)
	} else {
		s.figures("cup", 6, 0, 6)
	}
}

// apply is a plain kubectl apply of a manifest by hand.
func (s *stage) apply(o *Object, flags ...string) {
	s.Helper()
	o = s.manifests([]*Object{o})[0]
	text, err := json.Marshal(o)
	s.Must(err)
	file := filepath.Join(s.TempDir(), "by-hand.json")
	s.Must(os.WriteFile(file, text, 0o600))
	Kubectl(s, s.ControlPlane, append([]string{"apply", "--filename", file}, flags...)...)
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

// Git named received, and hands it to the warehouse: that applies the present total first, and then
// Git leaves it out. Without the first step received would fall to 0, which the policy refuses.
func handedOver(s *stage) {
	s.ProtectStock()
	o := s.operate()
	git := item("mug", "mug", 120)
	s.sync(git)
	s.served("mug")
	s.hold(o, "cart", 4, 4)
	handed := with(git, "received", nil)
	if said := s.refused(handed); !strings.Contains(said, "have it apply 120 first") {
		s.Errorf("the engine says %q, want what to do next", said)
	}
	s.warehouse(120)
	if s.ForgetsOwners {
		s.refused(handed)
		s.figures("mug", 120, 4, 116)
		return
	}
	s.sync(handed)
	s.figures("mug", 120, 4, 116)
	s.sync(handed)
	s.warehouse(150, "--force-conflicts") // an engine that had nothing to change owns it still
	s.sync(handed)
	s.sync(with(handed, "safetyStock", int64(6)))
	s.figures("mug", 150, 4, 140)
	s.Settle()
}

// warehouse sets received of the item mug as docs/gitops.md says.
func (s *stage) warehouse(received int64, flags ...string) {
	s.Helper()
	counted := manifest(itemKind, "mug")
	set(counted, received, "spec", "received")
	s.apply(counted, append(flags, "--server-side", "--field-manager=warehouse")...)
}

// kubectl patch sets a field that Git leaves out and that cannot be taken back. An engine that takes
// it back all the same is refused, again and again, and brings nothing else, until another owner has
// applied the field.
func patchedByHand(s *stage) {
	s.ProtectStock()
	s.operate()
	git := []*Object{with(item("mug", "mug", 0), "received", nil), item("teapot", "teapot", 24)}
	s.sync(git...)
	s.served("mug", "teapot")
	Kubectl(s, s.ControlPlane, "patch", "stockitem", "mug", "--namespace", s.Namespace, "--type=merge", "--patch", `{"spec":{"received":7}}`)
	s.figures("mug", 7, 0, 7)
	git[1] = with(git[1], "received", int64(30))
	if !s.TakesKubectlBack {
		s.sync(git...)
		s.figures("mug", 7, 0, 7)
		s.figures("teapot", 30, 0, 30)
		return
	}
	for range 2 {
		if said := s.refused(git...); !strings.Contains(said, "have it apply 7 first") {
			s.Errorf("the engine says %q, want what to do next", said)
		}
		s.figures("mug", 7, 0, 7)
		s.figures("teapot", 24, 0, 24)
	}
	s.warehouse(7)
	s.sync(git...)
	s.figures("mug", 7, 0, 7)
	s.figures("teapot", 30, 0, 30)
}

// The same of a cart in Git, of which a part is shipped by kubectl patch.
func cartPatchedByHand(s *stage) {
	s.operate()
	git := []*Object{item("mug", "mug", 10), cart("order", 2)}
	s.sync(git...)
	s.healthy(cartKind, "order", Healthy)
	shipped := manifest(cartKind, "order")
	set(shipped, []any{map[string]any{"productID": "mug", "quantity": int64(1)}}, "spec", "consumeItems")
	spec, err := json.Marshal(map[string]any{"spec": shipped.Object["spec"]})
	s.Must(err)
	Kubectl(s, s.ControlPlane, "patch", "reservation", "order", "--namespace", s.Namespace, "--type=merge", "--patch", string(spec))
	s.figures("mug", 9, 1, 8)
	git[0] = with(git[0], "received", int64(30))
	if s.TakesKubectlBack {
		for range 2 {
			if said := s.refused(git...); !strings.Contains(said, "never taken back") {
				s.Errorf("the engine says %q, want it to say what cannot be done", said)
			}
		}
		s.apply(shipped, "--server-side", "--field-manager=warehouse")
	}
	s.sync(git...)
	s.figures("mug", 29, 1, 28)
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
