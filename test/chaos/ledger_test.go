package chaos

import (
	"os/exec"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// TestLedgerDeleted deletes the ledger again and again while carts are decided. It is a
// view, which is made again each time and names the same journal; nothing waits for it.
func TestLedgerDeleted(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	watched := w.Observe(map[string]int64{})
	stock := w.StockScarcely(60, "mug", "plate")
	watched.Received = stock.Received
	o := w.Operate("--leader-elect=false")
	const clients, carts, losses = 8, 24, 5 // 192 ask for 120
	crowd := w.Gather(testbed.Load{Clients: clients, Carts: carts, Bridges: []string{o.Bridge}, Items: stock.One})
	kubeconfig := w.TempDir() + "/kubeconfig"
	w.Must(w.ControlPlane.WriteKubeconfig(kubeconfig))
	for loss := range losses {
		crowd.Await((loss + 1) * clients * carts / (losses + 1))
		l := w.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Journal != nil && testbed.LedgerReady(&l.Status) })
		out, err := exec.CommandContext(w.Context(), w.ControlPlane.Kubectl(), "--kubeconfig", kubeconfig,
			"-n", w.Namespace, "delete", "stockledger", l.Name, "--wait=false").CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl: %v\n%s", err, out)
		}
		made := w.AwaitLedger(func(made *v1.StockLedger) bool {
			return made.UID != l.UID && made.Status.Journal != nil && testbed.LedgerReady(&made.Status)
		})
		if *made.Status.Journal != *l.Status.Journal {
			t.Errorf("the ledger named journal %+v, and now %+v", *l.Status.Journal, *made.Status.Journal)
		}
	}
	testbed.Done(w, crowd)
	w.Settle()
	w.Sold(stock.Names...)
	watched.Stop()
}

// TestStatusErased empties the status of a StockItem and of a Reservation by hand while an
// operator runs, and while none does.
func TestStatusErased(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	o := w.Operate("--leader-elect=false")
	w.Stock("mug", "mug", "amsterdam", 5)
	cart := w.Ask(testbed.Reserve("cart", testbed.BinaryMode, testbed.Item("mug", 2)), o).Reservation
	before := w.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Reserved == 2 })
	shown := w.AwaitPhase(cart, v1.PhaseReserved)
	erase := func() {
		var i v1.StockItem
		w.Must(w.Client.Get(t.Context(), client.ObjectKeyFromObject(before), &i))
		i.Status = v1.StockItemStatus{}
		w.Must(w.Client.Status().Update(t.Context(), &i))
		var r v1.Reservation
		w.Must(w.Client.Get(t.Context(), client.ObjectKeyFromObject(shown), &r))
		r.Status = v1.ReservationStatus{}
		w.Must(w.Client.Status().Update(t.Context(), &r))
	}
	restored := func() {
		w.AwaitItem("mug", func(i *v1.StockItem) bool {
			a, b := before.Status, i.Status
			return b.ObservedGeneration == a.ObservedGeneration && b.OnHand == a.OnHand && b.Reserved == a.Reserved &&
				b.Available == a.Available && len(b.Conditions) == len(a.Conditions)
		})
		w.AwaitReservation(cart, func(r *v1.Reservation) bool {
			a, b := shown.Status, r.Status
			return b.Phase == a.Phase && b.OutcomeID == a.OutcomeID && b.DecidedAt.Equal(a.DecidedAt) && len(b.Allocations) == len(a.Allocations)
		})
	}
	erase()
	restored()
	o.Kill()
	erase()
	o = w.Operate("--leader-elect=false")
	restored()
	w.Ask(testbed.Reserve("rest", testbed.BinaryMode, testbed.Item("mug", 3)), o)
	if !w.Ask(testbed.Reserve("more", testbed.BinaryMode, testbed.Item("mug", 1)), o).Refused {
		t.Error("more was sold than is there")
	}
	w.Settle()
}
