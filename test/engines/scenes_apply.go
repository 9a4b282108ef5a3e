package engines

import (
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/test/testbed"
)

// What is sold is no drift: manifests that are applied again change nothing, and where nothing is
// sold meanwhile, nothing is even written.
func appliedAgain(s *stage) {
	const times = 120
	o := s.operate()
	git := []*Object{
		with(with(item("mug", "mug", 120), "lowStockThreshold", int64(5)), "priority", int64(10)),
		with(item("teapot", "teapot", 24), "locationID", "amsterdam-1"),
	}
	s.sync(git...)
	s.served("mug", "teapot")
	before := withoutVersions(s.footprints())
	for i := range times {
		if i%2 == 0 {
			s.hold(o, fmt.Sprint("cart-", i), 1, int64(i/2+1))
		}
		at := s.footprints()
		s.sync(git...)
		if i%2 == 1 { // nobody sells
			if diff := cmp.Diff(at, s.footprints()); diff != "" {
				s.Fatalf("sync %d writes (-before +after):\n%s", i, diff)
			}
		}
		if i%40 == 0 {
			s.differs(nil, git...)
		}
	}
	if diff := cmp.Diff(before, withoutVersions(s.footprints())); diff != "" {
		s.Errorf("after %d syncs (-before +after):\n%s", times, diff)
	}
	s.figures("mug", 120, times/2, 120-times/2)
	s.Settle()
}

// A delivery is a change of one field, and of nothing else.
func delivery(s *stage) {
	o := s.operate()
	git := []*Object{item("mug", "mug", 120), item("teapot", "teapot", 24)}
	s.sync(git...)
	s.served("mug", "teapot")
	s.hold(o, "cart", 7, 7)
	before := s.footprints()

	delivered := []*Object{item("mug", "mug", 320), git[1]}
	s.differs([]string{"mug received"}, delivered...)
	s.sync(delivered...)
	s.figures("mug", 320, 7, 313)
	after := s.footprints()
	if diff := cmp.Diff(before["teapot"], after["teapot"]); diff != "" {
		s.Errorf("the other item (-before +after):\n%s", diff)
	}
	if was, is := before["mug"].Generation, after["mug"].Generation; is != was+1 {
		s.Errorf("a delivery raises the generation from %d to %d", was, is)
	}
	s.served("mug")
	s.Settle()
}

// A manifest that is refused leaves the rest as it is, and what is there goes on selling.
func badManifest(s *stage) {
	o := s.operate()
	mug, teapot := item("mug", "mug", 10), item("teapot", "teapot", 24)
	s.sync(mug, teapot)
	s.served("mug", "teapot")
	before := s.footprints()

	said := s.refused(item("mug", "mug", -3), item("teapot", "teapot", 30))
	for _, part := range []string{"mug", "received"} {
		if !strings.Contains(said, part) {
			s.Errorf("the engine says %q, want it to name %q", said, part)
		}
	}
	s.hold(o, "cart", 4, 4)
	after := s.footprints()
	if got := after["mug"]; got.Generation != before["mug"].Generation || got.UID != before["mug"].UID {
		s.Errorf("the refused item was changed: %+v", got)
	}
	if s.AllOrNothing {
		if diff := cmp.Diff(before["teapot"], after["teapot"]); diff != "" {
			s.Errorf("the other item (-before +after):\n%s", diff)
		}
	} else {
		s.figures("teapot", 30, 0, 30)
	}

	s.sync(item("mug", "mug", 20), teapot)
	s.figures("mug", 20, 4, 16)
	s.Settle()
}

// What no operator has seen is in progress, and healthy once one has.
func fresh(s *stage) {
	git := []*Object{item("mug", "mug", 10), cart("order", 2)}
	s.sync(git...)
	s.is(itemKind, "mug", Progressing)
	s.is(cartKind, "order", Progressing)
	o := s.operate()
	s.healthy(cartKind, "order", Healthy)
	s.served("mug")
	s.healthy(ledgerKind, "default", Healthy)

	o.Kill() // a delivery that nobody has seen yet
	s.sync(item("mug", "mug", 30), git[1])
	s.is(itemKind, "mug", Progressing)
	s.operate()
	s.served("mug")
	s.figures("mug", 30, 2, 28)
}

// A cart in Git is applied once more after it has ended, and stays ended: its intent is left out
// of Git, and whoever ships it writes that.
func cartInGit(s *stage) {
	o := s.operate()
	git := []*Object{item("mug", "mug", 10), cart("order", 2), cart("huge", 50)}
	s.sync(git...)
	s.healthy(cartKind, "order", Healthy)
	s.healthy(cartKind, "huge", Degraded) // refused for good
	s.figures("mug", 10, 2, 8)

	id := string(s.live(cartKind, "order").GetUID())
	s.Ask(testbed.Consume("shipped", testbed.PlainHTTP, id), o)
	s.figures("mug", 8, 0, 8)
	s.healthy(cartKind, "order", Healthy)
	s.differs(nil, git...)
	s.sync(git...)
	s.healthy(cartKind, "order", Healthy)
	s.figures("mug", 8, 0, 8)
	s.Settle()
}
