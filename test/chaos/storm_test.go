package chaos

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// stormSeconds is the longest storm that one world lives through.
const stormSeconds = 60

// TestStorm has two operators and their clients live through API servers that
// answer with errors, late, or not at all: for so many seconds as there are
// rounds. Clients reach the operators undisturbed.
func TestStorm(t *testing.T) {
	t.Parallel()
	seconds := faultreport.Rounds(t, 45)
	fault := faultreport.Begin(t, "API errors and 30% lost answers")
	spread(t, seconds, stormSeconds, 1, func(t *testing.T, first, seconds int) {
		d := found(testbed.NewWorld(t), fault, testbed.ShortLease...)
		d.endure(uint64(first+1), time.Duration(seconds)*time.Second)
	})
}

// endure lives through a storm.
func (d *dynasty) endure(seed uint64, long time.Duration) {
	d.Helper()
	d.Logf("the storm and the clients draw from seed %d", seed)
	s := newStorm(d.World, seed)
	in := *d.World
	in.Kubeconfig = s.kubeconfig
	bridges := []string{in.Supervise(d.flags...), in.Supervise(d.flags...)}
	d.shoppers = shop(d.World, seed, 8, []string{"mug", "plate", "bowl"}, func() []string { return bridges })
	d.shoppers.awaitNews(time.Now())

	s.rage(true)
	<-time.After(long) // the fault itself lasts that long
	s.rage(false)
	calm := time.Now()
	d.fault.Recovered(d.probe(bridges...).Sub(calm), serverLimit)
	d.end()

	counts := s.counts()
	total, lost := 0, 0
	for what, count := range counts {
		total += count
		if strings.HasSuffix(what, "write") {
			lost += count
		}
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		d.Logf("%5d %s", counts[what], what)
	}
	d.fault.Injected(total)
	if lost == 0 {
		d.Error("no answer to a write was lost")
	}
}
