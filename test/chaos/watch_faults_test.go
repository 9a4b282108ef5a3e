package chaos

import (
	"fmt"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// faultsPerLife keeps lives so short that informers do not yet wait long before
// they list again.
const faultsPerLife = 13

// seesAgain is how long it may take after the last fault until a cart is
// decided: informers wait a little before they list again.
const seesAgain = 15 * time.Second

// TestWatchFaults freezes the operator's watches, loses, doubles and repeats
// their events and ends them with 410, while visitors shop.
func TestWatchFaults(t *testing.T) {
	t.Parallel()
	rounds := faultreport.Rounds(t, 50)
	for n, seed := range seeds(t, (rounds+faultsPerLife-1)/faultsPerLife) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			report := faultreport.Begin(t, "missed, doubled and 410 watch events")
			l := newLife(t, seed)
			faults := min(faultsPerLife, rounds-n*faultsPerLife)
			s := newSabotage(seed, faults)
			l.Proxy.See(s)
			o := l.Start()
			l.admit("v", 3)
			testbed.AwaitClosed(l.World, s.done, "all faults to happen")
			report.Injected(faults)
			report.Recovered(l.probe("recovered", time.Now()), seesAgain)
			report.Checked(l.finish())
			t.Logf("%v", s.counts)
			select {
			case <-o.Exited:
				report.Violated("the operator ended")
			default:
			}
		})
	}
}
