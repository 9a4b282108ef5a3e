package chaos

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// TestHandOver ends leader after leader with SIGTERM while clients shop. The
// leases are the operator's own.
func TestHandOver(t *testing.T) {
	rounds := faultreport.Rounds(t, 3)
	fault := faultreport.Begin(t, "graceful hand-over")
	// One world at a time: how long it takes is what counts.
	spread(t, rounds, 10, 1, func(t *testing.T, first, rounds int) {
		d := found(testbed.NewWorld(t), fault)
		d.reign(uint64(first + 1))
		for range rounds {
			d.reserve()
			d.shoppers.awaitMore(10)
			fault.Injected(1)
			fault.Recovered(d.succeed(terminate), handOverLimit)
			d.crown()
		}
		d.end()
		if d.shoppers.sent > 2 {
			fault.Violated("a command was sent %d times, want it answered when it is repeated once", d.shoppers.sent)
		}
		if p99 := d.shoppers.percentile(0.99); p99 > plannedP99 {
			fault.Violated("1%% of the commands waited for %v and more, want at most %v", p99, plannedP99)
		}
	})
}

// plannedP99 is how long all but 1% of the commands wait at most, though leaders end on purpose.
const plannedP99 = 1500 * time.Millisecond

// TestLeaderKilled kills leader after leader with SIGKILL while clients shop. The
// leases are the operator's own.
func TestLeaderKilled(t *testing.T) {
	rounds := faultreport.Rounds(t, 3)
	fault := faultreport.Begin(t, "leader killed")
	spread(t, rounds, 1+rounds/6, 3, func(t *testing.T, first, rounds int) {
		d := found(testbed.NewWorld(t), fault)
		d.reign(uint64(first + 1))
		for range rounds {
			d.reserve()
			d.shoppers.awaitMore(10)
			fault.Injected(1)
			fault.Recovered(d.succeed(kill), defaultLease+2*time.Second)
			d.crown()
		}
		d.end()
	})
}

// terminate asks the leader to end, as Kubernetes does.
func terminate(leader *replica) time.Time {
	began := time.Now()
	go leader.Stop()
	return began
}

// kill ends the leader at once.
func kill(leader *replica) time.Time {
	began := time.Now()
	leader.Kill()
	return began
}
