package chaos

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// TestConsumeWhileDeleting deletes objects in each gap between the writes of a
// consume: of a living operator, and of one that is killed in the gap.
func TestConsumeWhileDeleting(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		name   string
		meddle func(s *shipping, reservation string)
	}{
		{"reservation", (*shipping).deleteReservation},
		{"stock item", (*shipping).replaceItem},
		{"ledger", (*shipping).deleteLedger},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := newShipping(t)
			s.begin()
			for _, step := range []step{showingIt, showingUnits} {
				for _, killed := range []bool{false, true} {
					reservation := s.hold()
					s.ship(reservation)
					s.Settle()
					s.consumeMeddled(reservation, step, killed, p.meddle)
				}
			}
			s.finish()
			s.Sink.Check()
		})
	}
}

// consumeMeddled has somebody meddle just before a write of a consume is served.
func (s *shipping) consumeMeddled(
	reservation string, step step, killed bool, meddle func(s *shipping, reservation string),
) {
	s.Helper()
	s.Logf("deleted while %s, killed: %v", step.name, killed)
	met := s.Proxy.Arm(step.at, func(p *testbed.Passage) {
		meddle(s, reservation)
		if killed {
			testbed.KillBefore(p)
		}
		p.Deliver(p.Serve())
	})
	s.Patch(reservation, `{"spec":{"intent":"Consume"}}`)
	testbed.AwaitClosed(s.World, met, "the write to meddle with")
	if killed {
		testbed.AwaitClosed(s.World, s.o.Exited, "the operator's death")
		s.begin()
	}
	s.awaitShipped(reservation)
}

func (s *shipping) deleteReservation(name string) {
	r := &v1.Reservation{}
	r.Namespace, r.Name = s.Namespace, name
	s.try(s.Client.Delete(s.Context(), r))
}

// replaceItem deletes a StockItem and makes it again.
func (s *shipping) replaceItem(string) {
	i := &v1.StockItem{}
	i.Namespace, i.Name = s.Namespace, "mug"
	s.try(s.Client.Delete(s.Context(), i))
	again := &v1.StockItem{Spec: v1.StockItemSpec{ProductID: "mug", LocationID: "amsterdam", Received: shippable}}
	again.Namespace, again.Name = s.Namespace, "mug"
	s.try(s.Client.Create(s.Context(), again))
}

// deleteLedger deletes the ledger there is.
func (s *shipping) deleteLedger(string) {
	l := &v1.StockLedger{}
	s.try(s.Client.Get(s.Context(), client.ObjectKey{Namespace: s.Namespace, Name: v1.LedgerName}, l))
	s.try(s.Client.Delete(s.Context(), l))
}

// try notes a failure from outside of the test's own goroutine.
func (s *shipping) try(err error) {
	if err != nil {
		s.Error(err)
	}
}
