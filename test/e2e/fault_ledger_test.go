package e2e

import (
	"net/http"
	"os/exec"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// TestLedgerDeleted deletes the ledger again and again while carts are decided.
// It is rebuilt each time, and nothing is sold twice.
func TestLedgerDeleted(t *testing.T) {
	w := newWorld(t)
	stock := w.stockScarcely(60, "mug", "plate")
	watched := w.observe(stock.received)
	o := w.operate("--leader-elect=false")
	const clients, carts, losses = 8, 24, 5 // 192 ask for 120
	crowd := w.gather(load{clients: clients, carts: carts, bridges: []string{o.bridge}, items: stock.one})
	kubeconfig := w.TempDir() + "/kubeconfig"
	w.must(w.cp.WriteKubeconfig(kubeconfig))
	for loss := range losses {
		crowd.await((loss + 1) * clients * carts / (losses + 1))
		l := w.awaitLedger(func(l *v1.StockLedger) bool { return len(l.Status.InFlight) > 0 || ledgerReady(&l.Status) })
		out, err := exec.CommandContext(w.Context(), w.cp.Kubectl(), "--kubeconfig", kubeconfig,
			"-n", w.namespace, "delete", "stockledger", l.Name, "--wait=false").CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl: %v\n%s", err, out)
		}
		w.awaitLedger(func(made *v1.StockLedger) bool {
			return made.UID != l.UID && made.Status.Recovered && ledgerReady(&made.Status)
		})
	}
	done(w, crowd)
	w.settle()
	w.sold(stock.names...)
	watched.stop()
}

// TestStatusErased empties the status of a StockItem by hand while an operator
// runs, and while none does.
func TestStatusErased(t *testing.T) {
	w := newWorld(t)
	o := w.operate("--leader-elect=false")
	w.stock("mug", "mug", "amsterdam", 5)
	w.ask(reserve("cart", binaryMode, item("mug", 2)), o)
	before := w.awaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Reserved == 2 })
	erase := func() {
		var i v1.StockItem
		w.must(w.client.Get(t.Context(), client.ObjectKeyFromObject(before), &i))
		i.Status = v1.StockItemStatus{}
		w.must(w.client.Status().Update(t.Context(), &i))
	}
	restored := func(i *v1.StockItem) bool {
		a, b := before.Status, i.Status
		return b.ObservedGeneration == a.ObservedGeneration && b.OnHand == a.OnHand && b.Reserved == a.Reserved &&
			b.Available == a.Available && len(b.Conditions) == len(a.Conditions)
	}
	erase()
	w.awaitItem("mug", restored)
	o.kill()
	erase()
	o = w.operate("--leader-elect=false")
	w.awaitItem("mug", restored)
	w.ask(reserve("rest", binaryMode, item("mug", 3)), o)
	if !w.ask(reserve("more", binaryMode, item("mug", 1)), o).refused {
		t.Error("more was sold than is there")
	}
	w.settle()
}

// TestLateCommit kills the operator while its commit is under way and lets it
// arrive when the next operator has taken over and is about to decide: with the
// ledger that knows the hold, and without, where somebody deleted it.
func TestLateCommit(t *testing.T) {
	for _, p := range []struct {
		name    string
		deleted bool
	}{{"ledger kept", false}, {"ledger deleted", true}} {
		t.Run(p.name, func(t *testing.T) {
			k := newKilling(newWorld(t))
			k.declare("mug", "mug", "amsterdam", 1)
			watched := k.observe(map[string]int64{"mug amsterdam": 1})
			o := k.start()
			o.awaitReady()
			c := reserve("cart", binaryMode, item("mug", 1))
			late, code := make(chan *passage, 1), make(chan int, 1)
			k.tryUntilKilled(c, o, k.proxy.arm(commit, killWithheld(late)))
			if p.deleted {
				k.must(k.client.Delete(t.Context(), k.awaitLedger(func(*v1.StockLedger) bool { return true })))
			}

			decided := k.proxy.arm(firstWrite, func(p *passage) {
				code <- (<-late).serve().code
				p.deliver(p.serve())
			})
			o = k.start()
			o.awaitReady()
			k.remember(c, k.ask(c, o))
			awaitClosed(k.world, decided, "the first write of the next operator")
			if got := <-code; got != http.StatusConflict {
				t.Errorf("the late commit was answered %d, want a conflict", got)
			}
			k.settle()
			k.sink.check()
			watched.stop()
		})
	}
}
