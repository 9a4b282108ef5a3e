package e2e

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
)

// scarce is a stock room with fewer units than a crowd asks for.
type scarce struct {
	names    []string
	received map[string]int64
}

func (w *world) stockScarcely(received int64, products ...string) scarce {
	w.Helper()
	s := scarce{received: map[string]int64{}}
	for _, product := range products {
		w.declare(product, product, "amsterdam", received)
		s.names = append(s.names, product)
		s.received[product+" amsterdam"] = received
	}
	return s
}

// one asks for one unit of a product, another one for each cart.
func (s scarce) one(client, cart int) []events.Item {
	return []events.Item{item(s.names[(client+cart)%len(s.names)], 1)}
}

// TestTwoOperators lets two operators, who both believe they lead, decide at the
// same time. They take the ledger from each other and sell nothing twice.
func TestTwoOperators(t *testing.T) {
	w := newWorld(t)
	stock := w.stockScarcely(60, "mug", "plate", "bowl")
	watched := w.observe(stock.received)
	a := w.operate("--leader-elect=false")
	b := w.operate("--leader-elect=false")
	const clients, carts = 16, 16 // 256 ask for 180
	began := time.Now()
	crowd := w.gather(load{
		clients: clients, carts: carts, bridges: []string{a.bridge, b.bridge}, items: stock.one,
	})
	crowd.await(clients * carts)
	t.Logf("%d carts in %v", clients*carts, time.Since(began).Round(time.Millisecond))
	done(w, crowd)
	w.settle()
	w.sold(stock.names...)
	watched.await("both operators write the ledger", func() bool { return len(watched.writers) == 2 })
	watched.stop()

	t.Logf("writes of a leader %v, with holds in flight %v, up to epoch %d; %d versions of reservations",
		watched.writers, watched.deciders, watched.ledger.Status.Epoch, watched.versions)
	if watched.decided != clients*carts {
		t.Errorf("%d carts were decided, want %d", watched.decided, clients*carts)
	}
}
