package chaos

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// TestWritesRefusedForLong has the API server refuse what would make an outcome, and
// what would show a new StockItem, for so long that pauses which only double would
// have grown past serverLimit. Both come soon after it is over.
func TestWritesRefusedForLong(t *testing.T) {
	t.Parallel()
	const long = 45 * time.Second
	k := testbed.NewKilling(testbed.NewWorld(t))
	k.Start().AwaitReady()
	k.Stock("mug", "mug", "amsterdam", 1)
	var over []func()
	refused := map[string]*atomic.Int64{"reservations/status": {}, "stockitems/status": {}}
	for resource, count := range refused {
		point := testbed.Point{Method: http.MethodPut, Resource: resource}
		over = append(over, k.Proxy.ArmAlways(point, func(p *testbed.Passage) {
			count.Add(1)
			testbed.Answer(http.StatusInternalServerError)(p)
		}))
	}
	k.Reservation("cart", testbed.Line("mug", 1))
	k.Declare("plate", "plate", "amsterdam", 1)
	<-time.After(long) // the fault itself lasts that long
	for _, end := range over {
		end()
	}
	calm := time.Now()
	k.AwaitPhase("cart", v1.PhaseReserved)
	k.AwaitItem("plate", func(i *v1.StockItem) bool { return i.Status.ObservedGeneration == i.Generation })
	if took := time.Since(calm); took > serverLimit {
		t.Errorf("it took %v, want at most %v", took.Round(time.Millisecond), serverLimit)
	}
	for resource, count := range refused {
		t.Logf("%d writes of %s refused", count.Load(), resource)
		if count.Load() == 0 {
			t.Errorf("no write of %s was refused", resource)
		}
	}
}
