package e2e

import (
	"net/http"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// TestNothingDecidedWithoutTheLedger has somebody else take the ledger over
// while a decision is on its way into it. Neither a hold nor a refusal is acted
// on until the operator holds the ledger again.
func TestNothingDecidedWithoutTheLedger(t *testing.T) {
	for _, p := range []struct {
		name     string
		quantity int64
	}{{"reserving", 3}, {"refusing", 8}} {
		t.Run(p.name, func(t *testing.T) {
			k := newKilling(newWorld(t))
			k.declare("mug", "mug", "amsterdam", 5)
			o := k.start()
			o.awaitReady()
			k.settle()

			refused := k.proxy.arm(firstWrite, func(p *passage) {
				usurp(k.world)
				answer := p.serve()
				if answer.code != http.StatusConflict {
					p.w.Errorf("a write of one that was fenced off was answered %d", answer.code)
				}
				p.deliver(answer)
			})
			// By the time it takes the ledger back, whatever it does without has been done.
			returned := k.proxy.arm(takeOver, func(p *passage) {
				for _, r := range p.w.reservations() {
					if r.Decided() {
						p.w.Errorf("reservation %s is %s, and no ledger knew", r.Name, r.Status.Phase)
					}
				}
				p.deliver(p.serve())
			})
			c := reserve("cart", binaryMode, item("mug", p.quantity))
			if got := k.ask(c, o).refused; got != (p.quantity > 5) {
				t.Errorf("the cart was refused: %v", got)
			}
			awaitClosed(k.world, refused, "the refused write")
			awaitClosed(k.world, returned, "the operator to come back")
			k.settle()
			k.sink.check()
		})
	}
}

// usurp takes the ledger over as another operator would.
func usurp(w *world) {
	var l v1.StockLedger
	err := w.client.Get(w.Context(), client.ObjectKey{Namespace: w.namespace, Name: v1.LedgerName}, &l)
	if err == nil {
		l.Status.Epoch++
		l.Status.Holder, l.Status.Token = "usurper", "usurper/1"
		err = w.client.Status().Update(w.Context(), &l)
	}
	if err != nil {
		w.Errorf("take the ledger over: %v", err)
	}
}
