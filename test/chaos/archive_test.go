package chaos

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/archived"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// archiving is an operator with some stock, of which the second product runs out, and a database.
type archiving struct {
	*testbed.World
	o     *testbed.Operator
	fault *faultreport.Fault
	// url is that of the database, for an archive; db reads it beside the archive.
	url string
	db  *archived.Database
}

// beginArchiving has a database on a server that tests share.
func beginArchiving(t *testing.T) *archiving {
	t.Helper()
	return beginArchivingTo(t, postgrestest.URL(t))
}

// beginArchivingWith gives the operator flags.
func beginArchivingWith(t *testing.T, flags ...string) *archiving {
	t.Helper()
	return beginArchivingTo(t, postgrestest.URL(t), flags...)
}

func beginArchivingTo(t *testing.T, url string, flags ...string) *archiving {
	t.Helper()
	w := testbed.NewWorld(t)
	a := &archiving{World: w, fault: faultreport.Begin(t, archiveFault), url: url, db: archived.Open(w, url)}
	a.o = w.Operate(append([]string{"--show=none", "--leader-elect=false"}, flags...)...)
	w.Stock("mug", "mug", "amsterdam", 100_000)
	w.Stock("pot", "pot", "berlin", 40)
	return a
}

// start starts an archive and waits until it has made the tables.
func (a *archiving) start(flags ...string) *testbed.Operator {
	a.Helper()
	process := a.Archive(a.url, flags...)
	a.db.AwaitTables()
	return process
}

// crowd lets clients shop.
func (a *archiving) crowd(clients, carts int) *testbed.Crowd {
	return a.Gather(testbed.Load{Name: "c", Clients: clients, Carts: carts, Bridges: []string{a.o.Bridge}, Items: mugsAndPots})
}

// sell sells one mug.
func (a *archiving) sell(id string) *testbed.Told {
	a.Helper()
	return a.Ask(testbed.Reserve(id, testbed.PlainHTTP, testbed.Item("mug", 1)), a.o)
}

// check waits until all that the crowd was told is archived, once.
func (a *archiving) check(crowd *testbed.Crowd, carts int) {
	a.Helper()
	crowd.Await(carts)
	a.db.Await(crowd)
	a.fault.Checked(1)
}

// noGaps checks that every record was read by itself.
func (a *archiving) noGaps() {
	a.Helper()
	if n := a.db.Count("SELECT count(*) FROM journal_gaps WHERE namespace = $1", a.Namespace); n != 0 {
		a.fault.Violated("%d gaps where everything was read", n)
	}
}

// mugsAndPots are what a crowd asks for: some carts are refused once the pots are gone.
func mugsAndPots(client, cart int) []events.Item {
	if (client+cart)%3 == 0 {
		return []events.Item{testbed.Item("mug", 2), testbed.Item("pot", 1)}
	}
	return []events.Item{testbed.Item("mug", 1)}
}

// What becomes of carts is archived as it happens: held, refused, shipped, given back.
func TestArchiveFollows(t *testing.T) {
	a := beginArchiving(t)
	a.start()
	crowd := a.crowd(8, 20)
	crowd.Await(160)
	i := 0
	for _, told := range crowd.Told {
		switch {
		case told.Refused:
		case i%3 == 0:
			a.Ask(testbed.Consume("ship-"+told.Reservation, testbed.PlainHTTP, told.Reservation), a.o)
		case i%3 == 1:
			a.Ask(testbed.Release("back-"+told.Reservation, testbed.PlainHTTP, told.Reservation), a.o)
		}
		i++
	}
	a.check(crowd, 160)
	for _, table := range []string{"refusals", "refusal_items", "delivered_events", "stock_items"} {
		// That an outcome was delivered is said a while after it.
		for deadline := time.Now().Add(testbed.Patience); a.db.Count("SELECT count(*) FROM "+table+" WHERE namespace = $1", a.Namespace) == 0; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s is empty", table)
			}
		}
	}
	a.noGaps()
}
