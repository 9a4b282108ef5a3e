package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// crashesPerLife keeps lives short enough to look into.
const crashesPerLife = 12

// TestCrashAtRandom lets visitors shop without a pause while operator after
// operator dies, at every write in turn, in a way and with company that a seed
// decides. SEED=n plays one life again.
func TestCrashAtRandom(t *testing.T) {
	t.Parallel()
	rounds := faultreport.Rounds(t, 2*crashesPerLife)
	for n, seed := range seeds(t, (rounds+crashesPerLife-1)/crashesPerLife) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			report := faultreport.Begin(t, crashes)
			l := newLife(t, seed)
			d := &dying{life: l, rng: rand.New(rand.NewPCG(seed, 0)), report: report}
			d.start()
			l.probe("first", time.Now())
			l.admit("v", 3)
			for i := range min(crashesPerLife, rounds-n*crashesPerLife) {
				d.crash(anytime[(n*crashesPerLife+i)%len(anytime)], i)
			}
			report.Checked(l.finish())
		})
	}
}

// seeds are the seeds of so many lives: SEED alone, if it is set, or else those
// from the clock on.
func seeds(t *testing.T, count int) []uint64 {
	t.Helper()
	if text := os.Getenv("SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("SEED is %q: give a number", text)
		}
		return []uint64{seed}
	}
	first := uint64(time.Now().UnixMilli())
	all := make([]uint64, count)
	for i := range all {
		all[i] = first + uint64(i)
	}
	return all
}

// anytime are the writes that come again and again while visitors shop, and
// those of a start and of a ledger that somebody has deleted.
var anytime = []string{
	"reserving", "refusing", "releasing", "shipping", "shipping a part", "noting the object", "noting what was delivered",
	"creating the reservation", "showing the hold", "showing a part", "showing the release", "showing what was shipped",
	"showing held units", "showing shipped units", "showing the ledger", "publishing", "taking over", "naming the journal",
	"creating the ledger",
}

// dying is a life in which one operator after the other dies.
type dying struct {
	*life
	o      *testbed.Operator
	rng    *rand.Rand
	report *faultreport.Fault
}

func (d *dying) start() {
	d.o = d.Start()
}

// crash has the operator die at a write, and now and then its successor at one of
// its first.
func (d *dying) crash(write string, number int) {
	d.Helper()
	met := d.Arm(testbed.Crash{At: point(write), How: d.death(write)})
	switch write {
	case "creating the ledger", "naming the journal":
		d.Must(d.Client.Delete(d.Context(), d.AwaitLedger(func(*v1.StockLedger) bool { return true })))
	case "taking over":
		d.o.Kill()
		<-d.Proxy.Victim // nothing is left of it to be killed
		d.start()
	}
	d.await(met, write)
	if d.rng.IntN(3) == 0 {
		again := []string{"taking over", "reserving", "showing the hold", "publishing"}[d.rng.IntN(4)]
		met := d.Arm(testbed.Crash{At: point(again), How: d.death(again)})
		d.start()
		d.await(met, again)
	}
	died := time.Now()
	d.start()
	d.report.Recovered(d.probe(fmt.Sprintf("probe-%d", number), died), recovered)
}

func (d *dying) death(write string) testbed.Fault {
	chosen := deaths[d.rng.IntN(len(deaths))]
	d.Logf("killed while %s: %s", write, chosen.name)
	return chosen.how
}

func (d *dying) await(met <-chan struct{}, write string) {
	d.Helper()
	testbed.AwaitClosed(d.World, met, "an operator "+write)
	testbed.AwaitClosed(d.World, d.o.Exited, "its death")
	d.report.Injected(1)
}
