package chaos

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/testbed"
)

// archiveWorld is an operator with some stock, of which the second product runs out.
func archiveWorld(t *testing.T) (*testbed.World, *testbed.Operator) {
	w := testbed.NewWorld(t)
	o := w.Operate("--show=none", "--leader-elect=false")
	w.Stock("mug", "mug", "amsterdam", 100_000)
	w.Stock("pot", "pot", "berlin", 40)
	return w, o
}

// mugsAndPots are what a crowd asks for: some carts are refused once the pots are gone.
func mugsAndPots(client, cart int) []events.Item {
	if (client+cart)%3 == 0 {
		return []events.Item{testbed.Item("mug", 2), testbed.Item("pot", 1)}
	}
	return []events.Item{testbed.Item("mug", 1)}
}

// crowdOf lets clients shop at an operator.
func crowdOf(w *testbed.World, o *testbed.Operator, clients, carts int) *testbed.Crowd {
	return w.Gather(testbed.Load{Name: "c", Clients: clients, Carts: carts, Bridges: []string{o.Bridge}, Items: mugsAndPots})
}

// What becomes of carts is archived as it happens: held, refused, shipped, given back.
func TestArchiveFollows(t *testing.T) {
	w, o := archiveWorld(t)
	url := postgrestest.URL(t)
	w.Archive(url)
	crowd := crowdOf(w, o, 8, 20)
	crowd.Await(160)
	i := 0
	for _, told := range crowd.Told {
		switch {
		case told.Refused:
		case i%3 == 0:
			w.Ask(testbed.Consume("ship-"+told.Reservation, testbed.PlainHTTP, told.Reservation), o)
		case i%3 == 1:
			w.Ask(testbed.Release("back-"+told.Reservation, testbed.PlainHTTP, told.Reservation), o)
		}
		i++
	}
	db := testbed.OpenArchive(w, url)
	db.AwaitTables()
	db.Await(crowd)
	for _, table := range []string{"refusals", "refusal_items", "delivered_events", "stock_items"} {
		// That an outcome was delivered is said a while after it.
		for deadline := time.Now().Add(testbed.Patience); db.Count("SELECT count(*) FROM "+table+" WHERE namespace = $1", w.Namespace) == 0; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s is empty", table)
			}
		}
	}
	if n := db.Count("SELECT count(*) FROM journal_gaps WHERE namespace = $1", w.Namespace); n != 0 {
		t.Errorf("%d gaps where everything was read", n)
	}
}
