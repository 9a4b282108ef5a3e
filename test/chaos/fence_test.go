package chaos

import (
	"net/http"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// TestNothingDecidedWithoutTheLedger has somebody else take the ledger over
// while a decision is on its way into it. Neither a hold nor a refusal is acted
// on until the operator holds the ledger again.
func TestNothingDecidedWithoutTheLedger(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		name     string
		quantity int64
	}{{"reserving", 3}, {"refusing", 8}} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			k := testbed.NewKilling(testbed.NewWorld(t))
			k.Declare("mug", "mug", "amsterdam", 5)
			o := k.Start()
			o.AwaitReady()
			k.Settle()

			refused := k.Proxy.Arm(testbed.FirstWrite, func(p *testbed.Passage) {
				usurp(k.World)
				answer := p.Serve()
				if answer.Code != http.StatusConflict {
					p.World.Errorf("a write of one that was fenced off was answered %d", answer.Code)
				}
				p.Deliver(answer)
			})
			// By the time it takes the ledger back, whatever it does without has been done.
			returned := k.Proxy.Arm(testbed.TakeOver, func(p *testbed.Passage) {
				for _, r := range p.World.Reservations() {
					if r.Decided() {
						p.World.Errorf("reservation %s is %s, and no ledger knew", r.Name, r.Status.Phase)
					}
				}
				p.Deliver(p.Serve())
			})
			c := testbed.Reserve("cart", testbed.BinaryMode, testbed.Item("mug", p.quantity))
			if got := k.Ask(c, o).Refused; got != (p.quantity > 5) {
				t.Errorf("the cart was refused: %v", got)
			}
			testbed.AwaitClosed(k.World, refused, "the refused write")
			testbed.AwaitClosed(k.World, returned, "the operator to come back")
			k.Settle()
			k.Sink.Check()
		})
	}
}

// usurp takes the ledger over as another operator would.
func usurp(w *testbed.World) {
	var l v1.StockLedger
	err := w.Client.Get(w.Context(), client.ObjectKey{Namespace: w.Namespace, Name: v1.LedgerName}, &l)
	if err == nil {
		l.Status.Epoch++
		l.Status.Holder, l.Status.Token = "usurper", "usurper/1"
		err = w.Client.Status().Update(w.Context(), &l)
	}
	if err != nil {
		w.Errorf("take the ledger over: %v", err)
	}
}
