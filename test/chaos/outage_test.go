package chaos

import (
	"testing"

	"github.com/acme/inventory-service/test/testbed"
)

// TestAPIServerKilled kills the API server under load and starts it again. The
// operator lives on.
func TestAPIServerKilled(t *testing.T) {
	t.Parallel()
	w := testbed.OwnWorld(t)
	watched := w.Observe(map[string]int64{})
	stock := w.StockScarcely(40, "mug", "plate")
	watched.Received = stock.Received
	o := w.Operate("--leader-elect=false")
	const clients, carts, outages = 8, 15, 2 // 120 ask for 80
	crowd := w.Gather(testbed.Load{Clients: clients, Carts: carts, Bridges: []string{o.Bridge}, Items: stock.One})
	for outage := range outages {
		crowd.Await((outage + 1) * clients * carts / (outages + 1))
		w.Must(w.ControlPlane.KillAPIServer())
		w.Must(w.ControlPlane.StartAPIServer(t.Context()))
	}
	testbed.Done(w, crowd)
	w.Settle()
	w.Sold(stock.Names...)
	watched.Stop()
	select {
	case <-o.Exited:
		t.Error("the operator ended")
	default:
	}
}
