package e2e

import (
	"testing"

	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// TestAPIServerKilled kills the API server under load and starts it again. The
// operator lives on.
func TestAPIServerKilled(t *testing.T) {
	w := worldOn(t, controlplanetest.Start(t, controlplane.Options{}, manifests...))
	stock := w.stockScarcely(40, "mug", "plate")
	watched := w.observe(stock.received)
	o := w.operate("--leader-elect=false")
	const clients, carts, outages = 8, 15, 2 // 120 ask for 80
	crowd := w.gather(load{clients: clients, carts: carts, bridges: []string{o.bridge}, items: stock.one})
	for outage := range outages {
		crowd.await((outage + 1) * clients * carts / (outages + 1))
		w.must(w.cp.KillAPIServer())
		w.must(w.cp.StartAPIServer(t.Context()))
	}
	done(w, crowd)
	w.settle()
	w.sold(stock.names...)
	watched.stop()
	select {
	case <-o.exited:
		t.Error("the operator ended")
	default:
	}
}

// TestEtcdKilled kills etcd under load and starts it again. Operators may lose
// their lease over that and end: they are started again, as a cluster does.
func TestEtcdKilled(t *testing.T) {
	w := worldOn(t, controlplanetest.Start(t, controlplane.Options{}, manifests...))
	stock := w.stockScarcely(40, "mug", "plate")
	watched := w.observe(stock.received)
	bridges := []string{w.supervise(shortLease...), w.supervise(shortLease...)}
	const clients, carts, outages = 8, 15, 2 // 120 ask for 80
	crowd := w.gather(load{clients: clients, carts: carts, bridges: bridges, items: stock.one})
	for outage := range outages {
		crowd.await((outage + 1) * clients * carts / (outages + 1))
		w.must(w.cp.KillEtcd())
		w.must(w.cp.StartEtcd(t.Context()))
	}
	done(w, crowd)
	w.settle()
	w.sold(stock.names...)
	watched.stop()
}

// supervise starts an operator again whenever it ends, until the test does, and
// returns its bridge's URL.
func (w *world) supervise(flags ...string) string {
	w.Helper()
	address := freeAddress(w)
	ended := make(chan struct{})
	w.Cleanup(func() { <-ended })
	o := w.launchAt(address, w.kubeconfig, flags...)
	bridge := o.bridge
	go func() {
		defer close(ended)
		for {
			<-o.exited
			if w.Context().Err() != nil {
				return
			}
			o = w.launchAt(address, w.kubeconfig, flags...)
			if w.Context().Err() != nil {
				o.kill() // the test ended in between
			}
		}
	}()
	return bridge
}
