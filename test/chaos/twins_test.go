package chaos

import (
	"fmt"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/testbed"
)

// TestTwoOperators and TestThreeOperators let operators that all believe they lead decide
// at the same time. They take the journal from each other and sell nothing twice.
func TestTwoOperators(t *testing.T) { manyLeaders(t, 2) }

// TestThreeOperators is TestTwoOperators with one more.
func TestThreeOperators(t *testing.T) { manyLeaders(t, 3) }

func manyLeaders(t *testing.T, operators int) {
	w := testbed.NewWorld(t)
	watched := w.Observe(map[string]int64{})
	const clients = 16
	carts := 32 / operators                                                      // the more there are, the slower they are
	stock := w.StockScarcely(int64(clients*carts*15/64), "mug", "plate", "bowl") // 7 of 10 carts get a unit
	watched.Received = stock.Received
	sink := w.NewSink()
	var all []*testbed.Operator
	var bridges []string
	for range operators {
		o := w.Operate("--leader-elect=false", "--sink", sink.URL())
		all, bridges = append(all, o), append(bridges, o.Bridge)
	}
	began := time.Now()
	crowd := w.Gather(testbed.Load{Clients: clients, Carts: carts, Bridges: bridges, Items: stock.One})
	crowd.Await(clients * carts)
	t.Logf("%d carts in %v", clients*carts, time.Since(began).Round(time.Millisecond))
	testbed.Done(w, crowd)
	watched.Await("all operators write the journal", func() bool { return len(watched.Leaders) == operators })
	for i, o := range all {
		if !o.Runs() {
			t.Errorf("operator %d ended by itself", i)
		}
		if i > 0 {
			o.Kill() // or they never rest
		}
	}
	w.Settle()
	w.Sold(stock.Names...)
	sink.Check()
	watched.Stop()
	t.Logf("writes of each leader %v, terms %v; %d revisions, %d of them compared with the journal",
		watched.Leaders, fmt.Sprint(watched.Books.Terms), watched.Versions, watched.Compared)
	if watched.Decided != clients*carts {
		t.Errorf("%d carts were decided, want %d", watched.Decided, clients*carts)
	}
}
