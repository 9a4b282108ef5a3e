package chaos

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/test/testbed"
)

// TestTwoOperators lets two operators, who both believe they lead, decide at the
// same time. They take the ledger from each other and sell nothing twice.
func TestTwoOperators(t *testing.T) {
	w := testbed.NewWorld(t)
	stock := w.StockScarcely(60, "mug", "plate", "bowl")
	watched := w.Observe(stock.Received)
	a := w.Operate("--leader-elect=false")
	b := w.Operate("--leader-elect=false")
	const clients, carts = 16, 16 // 256 ask for 180
	began := time.Now()
	crowd := w.Gather(testbed.Load{
		Clients: clients, Carts: carts, Bridges: []string{a.Bridge, b.Bridge}, Items: stock.One,
	})
	crowd.Await(clients * carts)
	t.Logf("%d carts in %v", clients*carts, time.Since(began).Round(time.Millisecond))
	testbed.Done(w, crowd)
	w.Settle()
	w.Sold(stock.Names...)
	watched.Await("both operators write the ledger", func() bool { return len(watched.Writers) == 2 })
	watched.Stop()

	t.Logf("writes of a leader %v, with holds in flight %v, up to epoch %d; %d versions of reservations",
		watched.Writers, watched.Deciders, watched.Ledger.Status.Epoch, watched.Versions)
	if watched.Decided != clients*carts {
		t.Errorf("%d carts were decided, want %d", watched.Decided, clients*carts)
	}
}
