package chaos

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	// handOverLimit is how long nobody may decide when a leader ends gracefully.
	handOverLimit = 2 * time.Second
	// defaultLease is the operator's own --lease-duration.
	defaultLease = 6 * time.Second
	// shortLease is that of testbed.ShortLease.
	shortLease = 2 * time.Second
	// serverLimit is how long after an API server is back nobody may decide.
	serverLimit = 15 * time.Second
)

// scarceUnits is how much of each product there is, fewer than clients want.
const scarceUnits = 80

// dynasty is a world in which leader follows leader while clients shop.
type dynasty struct {
	*testbed.World
	fault    *faultreport.Fault
	flags    []string
	sink     *testbed.Sink
	watched  *testbed.Observer
	shoppers *shoppers

	probes int

	mu              sync.Mutex
	leader, standby *replica
}

// replica is one operator and the proxy between it and the API server.
type replica struct {
	*testbed.Operator
	front *testbed.Proxy
}

// found begins a dynasty. The flags are those of all its operators.
func found(w *testbed.World, fault *faultreport.Fault, flags ...string) *dynasty {
	w.Helper()
	d := &dynasty{World: w, fault: fault, sink: w.NewSink()}
	d.flags = append([]string{"--sink", d.sink.URL()}, flags...)
	d.watched = w.Observe(map[string]int64{})
	d.watched.Received = w.StockScarcely(scarceUnits, "mug", "plate", "bowl").Received
	return d
}

// reign starts the first leader and lets clients begin to shop.
func (d *dynasty) reign(seed uint64) {
	d.Helper()
	d.Logf("clients draw from seed %d", seed)
	d.leader = d.enlist()
	d.leader.AwaitReady()
	d.shoppers = shop(d.World, seed, 4, []string{"mug", "plate", "bowl"}, d.bridges)
	d.watched.Await("the first operator lead", func() bool { return len(d.watched.Leaders) == 1 })
}

// enlist starts an operator.
func (d *dynasty) enlist() *replica {
	d.Helper()
	front := d.Proxied()
	r := &replica{Operator: d.Launch(front.Kubeconfig, d.flags...), front: front}
	front.Victim <- r.Operator
	return r
}

// reserve starts a standby and waits until it is ready to take over.
func (d *dynasty) reserve() {
	d.Helper()
	d.appoint(d.enlist())
}

// appoint makes a replica the standby once it is ready. Clients ask it too.
func (d *dynasty) appoint(standby *replica) {
	d.Helper()
	standby.AwaitReady()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.standby = standby
}

// dismiss has clients ask the standby no more.
func (d *dynasty) dismiss() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.standby = nil
}

func (d *dynasty) bridges() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := []string{d.leader.Bridge}
	if d.standby != nil {
		all = append(all, d.standby.Bridge)
	}
	return all
}

// succeed has the standby take over from a leader that end does away with, which
// says when it did. It returns how long after that a client of the standby was told
// an outcome that this had decided. The clients that shop may still be waiting for
// the former leader to answer.
func (d *dynasty) succeed(end func(leader *replica) time.Time) time.Duration {
	d.Helper()
	leaders := d.leaders()
	began := end(d.leader)
	d.watched.Await("the standby lead", func() bool { return len(d.watched.Leaders) > leaders })
	ready := time.Now()
	took := d.probe(d.standby.Bridge).Sub(began)
	d.Logf("the next leader wrote the journal after %v, and an outcome was told after %v",
		ready.Sub(began).Round(time.Millisecond), took.Round(time.Millisecond))
	return took
}

// depose ends a former leader. Until then it has gone on running and answers commands, as
// a standby unless it was elected again.
func (d *dynasty) depose() {
	d.Helper()
	d.leader.AwaitServing(d.Context())
	d.leader.Kill()
	d.crown()
}

// crown makes the standby the leader once the leader has gone.
func (d *dynasty) crown() {
	d.Helper()
	testbed.AwaitClosed(d.World, d.leader.Exited, "the former leader's end")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leader, d.standby = d.standby, nil
}

// leaders is how many operators have led so far.
func (d *dynasty) leaders() (count int) {
	d.Helper()
	d.watched.Await("the journal", func() bool { count = len(d.watched.Leaders); return true })
	return count
}

// probe reserves a unit with a command that nobody has sent before, at one bridge
// after the other, and returns when its outcome was told.
func (d *dynasty) probe(bridges ...string) time.Time {
	d.Helper()
	d.probes++
	command := testbed.Reserve(fmt.Sprintf("probe-%d", d.probes), testbed.BinaryMode, testbed.Item("mug", 1))
	answer, _, err := insist(d.World, command, func() []string { return bridges }, 0, testbed.Patience)
	d.Must(err)
	told := time.Now()
	d.shoppers.mu.Lock()
	defer d.shoppers.mu.Unlock()
	d.shoppers.refused[answer.Reservation] = answer.Refused
	return told
}

// end lets the clients finish and checks what is left when all rests.
func (d *dynasty) end() {
	d.Helper()
	d.shoppers.stop()
	d.Settle()
	carts := d.shoppers.check(d)
	d.sink.Check()
	d.watched.Stop()
	d.fault.Checked(d.watched.Versions + carts + len(d.sink.Events))
	d.Logf("%d carts, %d versions of reservations, %d leaders, %d events",
		carts, d.watched.Versions, len(d.watched.Leaders), len(d.sink.Events))
}

// spread has rounds happen in worlds of at most each rounds, several worlds at a
// time: rounds mostly wait.
func spread(t *testing.T, rounds, each, atOnce int, world func(t *testing.T, first, rounds int)) {
	t.Helper()
	places := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for first := 0; first < rounds; first += each {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			t.Run("world", func(t *testing.T) { world(t, first, min(each, rounds-first)) })
		})
	}
	running.Wait()
}
