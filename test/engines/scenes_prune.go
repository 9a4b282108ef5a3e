package engines

import (
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// deletePromised is the annotation that config/gitops/policies asks for before a deletion.
const deletePromised = "inventory.acme.com/delete-promised"

// What carts hold outlives the item, and is the item's again once Git has it back.
func pruned(s *stage) {
	o := s.operate()
	mug, teapot := item("mug", "mug", 10), item("teapot", "teapot", 24)
	s.sync(mug, teapot)
	s.served("mug", "teapot")
	s.hold(o, "cart", 4, 4)

	s.sync(teapot)
	s.gone("mug")
	s.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.WithoutItem == 4 && l.Status.Totals.Open == 1 })
	s.figures("teapot", 24, 0, 24)

	s.sync(mug, teapot)
	s.figures("mug", 10, 4, 6)
	s.served("mug")
	s.Settle()
}

// The policy refuses to prune what carts hold, and the engine says so, until it is annotated. A
// delivery in the same commit arrives, unless the engine prunes first.
func protected(s *stage) {
	s.ProtectStock()
	o := s.operate()
	mug, teapot := item("mug", "mug", 10), item("teapot", "teapot", 24)
	s.sync(mug, teapot)
	s.served("mug", "teapot")
	s.hold(o, "cart", 4, 4)

	if said := s.refused(with(teapot, "received", int64(30))); !strings.Contains(said, deletePromised) {
		s.Errorf("the engine says %q, want what to do next", said)
	}
	s.figures("mug", 10, 4, 6)
	if s.PrunesFirst {
		s.figures("teapot", 24, 0, 24)
	} else {
		s.figures("teapot", 30, 0, 30)
	}
	teapot = with(teapot, "received", int64(30))
	for user, refused := range map[string]bool{
		"ann": true, "system:serviceaccount:kube-system:namespace-controller": false, "system:kube-controller-manager": false,
	} {
		if err := s.deletedBy(user, "mug"); (err != nil) != refused {
			s.Errorf("%s deletes it: %v", user, err)
		}
	}

	s.sync(annotated(mug, deletePromised, "true"), teapot)
	s.sync(teapot)
	s.gone("mug")
	s.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.WithoutItem == 4 })
}

// deletedBy tries whether an administrator of this name may delete an item.
func (s *stage) deletedBy(user, name string) error {
	s.Helper()
	config := rest.CopyConfig(s.ControlPlane.RESTConfig())
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:masters"}}
	admin, err := client.New(config, client.Options{})
	s.Must(err)
	return admin.Delete(s.Context(), s.live(itemKind, name), client.DryRunAll)
}

// The policy refuses to lower what was received, but by the step that the annotation names.
func lowered(s *stage) {
	s.ProtectStock()
	s.operate()
	mug := item("mug", "mug", 10)
	s.sync(mug)
	s.served("mug")
	if said := s.refused(item("mug", "mug", 4)); !strings.Contains(said, v1.LowerReceivedToAnnotation) {
		s.Errorf("the engine says %q, want what to do next", said)
	}
	s.figures("mug", 10, 0, 10)
	for _, other := range []string{"4", "4 from 100", "4 from 9", "40 from 10"} {
		s.refused(annotated(item("mug", "mug", 4), v1.LowerReceivedToAnnotation, other))
	}
	s.sync(annotated(item("mug", "mug", 4), v1.LowerReceivedToAnnotation, "4 from 10"))
	s.figures("mug", 4, 0, 4)
	s.refused(annotated(item("mug", "mug", 1), v1.LowerReceivedToAnnotation, "4 from 10"))
	s.figures("mug", 4, 0, 4)
}

// A write-off stays annotated in Git. It allows nothing when later deliveries are reverted, whatever
// total they lead back to.
func writtenOff(s *stage) {
	s.ProtectStock()
	s.operate()
	s.sync(item("mug", "mug", 120))
	s.served("mug")
	off := func(received int64, step string) *Object {
		return annotated(item("mug", "mug", received), v1.LowerReceivedToAnnotation, step)
	}
	s.sync(off(100, "100 from 120"))
	s.sync(off(100, "100 from 120"))
	for _, delivered := range []int64{500, 120} { // the second write-off is back at the first one's totals
		s.sync(off(delivered, "100 from 120"))
		s.figures("mug", delivered, 0, delivered)
		if said := s.refused(off(100, "100 from 120")); !strings.Contains(said, v1.LowerReceivedToAnnotation) {
			s.Errorf("the engine says %q, want what to do next", said)
		}
		s.figures("mug", delivered, 0, delivered)
		if delivered == 500 {
			s.sync(off(100, "100 from 500: broken"))
			s.sync(off(100, "100 from 120")) // as before
		}
	}
	s.sync(off(100, "100 from 120 again"))
	s.sync(off(700, "100 from 120 again"))
	s.refused(off(100, "100 from 120")) // two write-offs are reverted with the delivery
	s.figures("mug", 700, 0, 700)
}

// Which product an item is of is settled: a commit that changes it is refused, and what is there
// goes on. No engine deletes the item and makes it again, unless it is forced to.
func anotherProduct(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.hold(o, "cart", 4, 4)
	before := s.footprints()
	if said := s.refused(item("mug", "teapot", 10)); !strings.Contains(said, "productID") {
		s.Errorf("the engine says %q, want it to name the field", said)
	}
	if was, is := before["mug"], s.footprints()["mug"]; is.UID != was.UID || is.Generation != was.Generation {
		s.Errorf("the item is another one: %+v, then %+v", was, is)
	}
	s.figures("mug", 10, 4, 6)
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.Settle()
}

// An engine that is forced deletes the item and makes another one of its name. What carts hold
// outlives that, too.
func anotherByForce(s *stage) {
	force := s.force()
	o := s.operate()
	mug, teapot := item("mug", "mug", 10), item("mug", "teapot", 10)
	s.sync(mug)
	s.served("mug")
	s.hold(o, "cart", 4, 4)
	if s.ReplacesInPlace {
		if err := force(teapot); err == nil || !strings.Contains(err.Error(), "productID is immutable") {
			s.Errorf("the engine says %v, want that the product is immutable", err)
		}
		s.figures("mug", 10, 4, 6)
		return
	}
	s.Must(force(teapot))
	s.figures("mug", 10, 0, 10)
	s.served("mug")
	s.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.WithoutItem == 4 && l.Status.Totals.Open == 1 })
	s.Must(force(mug))
	s.figures("mug", 10, 4, 6)
	s.served("mug")
	s.Settle()
}

// The policy refuses to delete what carts hold, whoever forces it.
func protectedFromForce(s *stage) {
	force := s.force()
	s.ProtectStock()
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.hold(o, "cart", 4, 4)
	before := s.footprints()
	if err := force(item("mug", "teapot", 10)); err == nil || !s.ReplacesInPlace && !strings.Contains(err.Error(), deletePromised) {
		s.Errorf("the engine says %v, want what to do next", err)
	}
	if was, is := before["mug"], s.footprints()["mug"]; is.UID != was.UID {
		s.Errorf("the item is another one: %+v, then %+v", was, is)
	}
	s.figures("mug", 10, 4, 6)
	s.sync(annotated(item("mug", "mug", 10), deletePromised, "true")) // so that the namespace can be cleared
}

// An item is renamed: the new one says that it takes over, and the old one is pruned.
func renamed(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.hold(o, "cart", 4, 4)

	s.sync(annotated(item("blue-mug", "mug", 10), v1.TakeOverAnnotation, "true"))
	s.gone("mug")
	s.figures("blue-mug", 10, 4, 6)
	s.served("blue-mug")
	s.Settle()
}

// Without that, the new one fails fast, and sells once it is said.
func renamedUnconfirmed(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.hold(o, "cart", 4, 4)

	s.older("mug")
	s.sync(item("mug", "mug", 10), item("blue-mug", "mug", 10)) // an engine may prune before
	s.healthy(itemKind, "blue-mug", Degraded)
	s.sync(item("blue-mug", "mug", 10))
	s.gone("mug")
	s.healthy(itemKind, "blue-mug", Degraded)
	s.sync(annotated(item("blue-mug", "mug", 10), v1.TakeOverAnnotation, "true"))
	s.figures("blue-mug", 10, 4, 6)
	s.served("blue-mug")
	s.Settle()
}

// A second item of one product and location fails fast, and the first goes on.
func duplicate(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.older("mug")
	s.sync(item("mug", "mug", 10), item("mug-again", "mug", 70))
	s.healthy(itemKind, "mug-again", Degraded)
	s.is(itemKind, "mug", Healthy)
	s.failsFast("mug-again", item("mug", "mug", 10), item("mug-again", "mug", 70))
	s.hold(o, "cart", 4, 4)
	s.figures("mug", 10, 4, 6)
	s.sync(item("mug", "mug", 10))
	s.gone("mug-again")
	s.Settle()
}

// older waits until whatever is made now is younger than an item: objects tell their age in whole
// seconds.
func (s *stage) older(name string) {
	s.Helper()
	made := s.live(itemKind, name).GetCreationTimestamp()
	select {
	case <-time.After(time.Until(made.Add(time.Second))):
	case <-s.Context().Done():
	}
}
