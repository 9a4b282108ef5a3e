package chaos

import (
	"net/http"
	"os/exec"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// TestLedgerDeleted deletes the ledger again and again while carts are decided.
// It is rebuilt each time, and nothing is sold twice.
func TestLedgerDeleted(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	stock := w.StockScarcely(60, "mug", "plate")
	watched := w.Observe(stock.Received)
	o := w.Operate("--leader-elect=false")
	const clients, carts, losses = 8, 24, 5 // 192 ask for 120
	crowd := w.Gather(testbed.Load{Clients: clients, Carts: carts, Bridges: []string{o.Bridge}, Items: stock.One})
	kubeconfig := w.TempDir() + "/kubeconfig"
	w.Must(w.ControlPlane.WriteKubeconfig(kubeconfig))
	for loss := range losses {
		crowd.Await((loss + 1) * clients * carts / (losses + 1))
		l := w.AwaitLedger(func(l *v1.StockLedger) bool { return len(l.Status.InFlight) > 0 || testbed.LedgerReady(&l.Status) })
		out, err := exec.CommandContext(w.Context(), w.ControlPlane.Kubectl(), "--kubeconfig", kubeconfig,
			"-n", w.Namespace, "delete", "stockledger", l.Name, "--wait=false").CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl: %v\n%s", err, out)
		}
		w.AwaitLedger(func(made *v1.StockLedger) bool {
			return made.UID != l.UID && made.Status.Recovered && testbed.LedgerReady(&made.Status)
		})
	}
	testbed.Done(w, crowd)
	w.Settle()
	w.Sold(stock.Names...)
	watched.Stop()
}

// TestStatusErased empties the status of a StockItem by hand while an operator
// runs, and while none does.
func TestStatusErased(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	o := w.Operate("--leader-elect=false")
	w.Stock("mug", "mug", "amsterdam", 5)
	w.Ask(testbed.Reserve("cart", testbed.BinaryMode, testbed.Item("mug", 2)), o)
	before := w.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Reserved == 2 })
	erase := func() {
		var i v1.StockItem
		w.Must(w.Client.Get(t.Context(), client.ObjectKeyFromObject(before), &i))
		i.Status = v1.StockItemStatus{}
		w.Must(w.Client.Status().Update(t.Context(), &i))
	}
	restored := func(i *v1.StockItem) bool {
		a, b := before.Status, i.Status
		return b.ObservedGeneration == a.ObservedGeneration && b.OnHand == a.OnHand && b.Reserved == a.Reserved &&
			b.Available == a.Available && len(b.Conditions) == len(a.Conditions)
	}
	erase()
	w.AwaitItem("mug", restored)
	o.Kill()
	erase()
	o = w.Operate("--leader-elect=false")
	w.AwaitItem("mug", restored)
	w.Ask(testbed.Reserve("rest", testbed.BinaryMode, testbed.Item("mug", 3)), o)
	if !w.Ask(testbed.Reserve("more", testbed.BinaryMode, testbed.Item("mug", 1)), o).Refused {
		t.Error("more was sold than is there")
	}
	w.Settle()
}

// TestLateCommit kills the operator while its commit is under way and lets it
// arrive when the next operator has taken over and is about to decide: with the
// ledger that knows the hold, and without, where somebody deleted it.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		name    string
		deleted bool
	}{{"ledger kept", false}, {"ledger deleted", true}} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			k := testbed.NewKilling(testbed.NewWorld(t))
			k.Declare("mug", "mug", "amsterdam", 1)
			watched := k.Observe(map[string]int64{"mug amsterdam": 1})
			o := k.Start()
			o.AwaitReady()
			c := testbed.Reserve("cart", testbed.BinaryMode, testbed.Item("mug", 1))
			late, code := make(chan *testbed.Passage, 1), make(chan int, 1)
			k.TryUntilKilled(c, o, k.Proxy.Arm(testbed.Commit, testbed.KillWithheld(late)))
			if p.deleted {
				k.Must(k.Client.Delete(t.Context(), k.AwaitLedger(func(*v1.StockLedger) bool { return true })))
			}

			decided := k.Proxy.Arm(testbed.FirstWrite, func(p *testbed.Passage) {
				code <- (<-late).Serve().Code
				p.Deliver(p.Serve())
			})
			o = k.Start()
			o.AwaitReady()
			k.Remember(c, k.Ask(c, o))
			testbed.AwaitClosed(k.World, decided, "the first write of the next operator")
			if got := <-code; got != http.StatusConflict {
				t.Errorf("the late commit was answered %d, want a conflict", got)
			}
			k.Settle()
			k.Sink.Check()
			watched.Stop()
		})
	}
}
