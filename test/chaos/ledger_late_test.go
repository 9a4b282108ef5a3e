package chaos

import (
	"net/http"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// forgets are edits by hand of a ledger that names a hold whose commit is under
// way. After any of them the ledger says less than was promised.
var forgets = []struct{ name, patch string }{
	{"holds removed", `{"status":{"inFlight":null}}`},
	{"holds and token removed", `{"status":{"inFlight":null,"token":"somebody"}}`},
	{"holds removed and counted", `{"status":{"inFlight":null,"totals":{"inFlight":0,"reserved":0}}}`},
	{"holds and holder removed", `{"status":{"inFlight":null,"holder":"somebody"}}`},
	{"all but recovered removed", `{"status":{"inFlight":null,"epoch":null,"holder":null,"token":null,"totals":null,"conditions":null}}`},
	{"everything removed", `{"status":null}`},
}

// TestLateCommitAfterEdit has somebody take a hold out of the ledger by hand
// while the commit of that hold is under way, and lets the commit arrive when the
// operator, or the one after it, is about to decide again. It has to come too
// late, since the ledger that is decided by knows nothing of it.
func TestLateCommitAfterEdit(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, ledgerFault)
	for _, forget := range forgets {
		for name, kill := range map[string]bool{"operator alive": false, "operator killed": true} {
			t.Run(forget.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				lateCommitAfterEdit(t, fault, forget.patch, kill)
			})
		}
	}
}

func lateCommitAfterEdit(t *testing.T, fault *faultreport.Fault, patch string, kill bool) {
	k := testbed.NewKilling(testbed.NewWorld(t))
	h := record(k.World)
	k.Declare("mug", "mug", "amsterdam", 1)
	o := k.Start()
	o.AwaitReady()
	k.Settle()
	cart := testbed.Reserve("cart", testbed.BinaryMode, testbed.Item("mug", 1))
	late, code := make(chan *testbed.Passage, 1), make(chan int, 1)
	var commit *testbed.Passage
	served := make(chan struct{})
	if kill {
		k.TryUntilKilled(cart, o, k.Proxy.Arm(testbed.Commit, testbed.KillWithheld(late)))
		commit = <-late
		k.Proxy.Arm(testbed.FirstWrite, func(p *testbed.Passage) {
			code <- commit.Serve().Code
			p.Deliver(p.Serve())
		})
	} else {
		k.Proxy.Arm(testbed.Commit, func(p *testbed.Passage) {
			late <- p
			<-served
			p.Drop()
		})
		go func() { _, _ = cart.Send(k.Context(), o.Bridge) }()
		commit = <-late
	}
	editLedger(k.World, patch)
	fault.Injected(1)
	if kill {
		o = k.Start()
		o.AwaitReady()
	}
	other := testbed.Reserve("other", testbed.BinaryMode, testbed.Item("mug", 1))
	k.Remember(other, k.Ask(other, o))
	if !kill {
		code <- commit.Serve().Code
	}
	close(served)
	k.Remember(cart, k.Ask(cart, o))
	fault.Checked(1)
	if got := <-code; got != http.StatusConflict {
		fault.Violated("the late commit was answered %d, want a conflict", got)
	}
	k.Settle()
	k.Sink.Check()
	j := newJudge(fault)
	j.unjournaled = true
	j.hear(h.end())
	j.atRest()
}

// editLedger edits the ledger as an administrator would who means it.
func editLedger(w *testbed.World, patch string) {
	w.Helper()
	l := &v1.StockLedger{}
	l.Namespace, l.Name = w.Namespace, v1.LedgerName
	w.Must(w.Client.Status().Patch(w.Context(), l, client.RawPatch("application/merge-patch+json", []byte(patch))))
}
