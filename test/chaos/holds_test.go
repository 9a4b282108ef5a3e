package chaos

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	// holdsAtOnce is how many holds are fought over at a time.
	holdsAtOnce = 8
	// holdsPerDeath is for how many holds there is one death of the leader.
	holdsPerDeath = 12
	// enoughHolds is how many come to everything.
	enoughHolds = 48
	// northUnits and southUnits are what there is of each product, and heldUnits what the first
	// hold of a cart has: all of the north, where it comes from.
	northUnits, southUnits, heldUnits = 3, 2, 3
)

// TestHoldsFoughtOver has clients replace, extend, order, ship from elsewhere, release and
// consume one hold at the same time, each twice, by CloudEvents, over HTTP and by patches of
// its object, beside another cart that wants its units, around the moment at which it
// runs out, while leader after leader is killed at the very write of such a change. Every
// answer stays true.
func TestHoldsFoughtOver(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, "holds replaced, extended, shipped from elsewhere")
	seed := seedOf(t)
	rounds := faultreport.Rounds(t, 48)
	f := newFight(t, fault)
	f.declare(rounds)
	f.begin()
	deaths := f.killLeaders(rand.New(rand.NewPCG(seed, 1<<32)), max(2, rounds/holdsPerDeath))

	began := time.Now()
	bouts := make([]*bout, rounds)
	next := make(chan int)
	var running sync.WaitGroup
	for range holdsAtOnce {
		running.Go(func() {
			for i := range next {
				bouts[i] = newBout(f, i, rand.New(rand.NewPCG(seed, uint64(i))))
				bouts[i].play()
			}
		})
	}
	for i := range rounds {
		next <- i
	}
	close(next)
	running.Wait()
	f.over.Store(true)
	died := deaths()
	t.Logf("%d holds in %v, and the leader died %d times", rounds, time.Since(began).Round(time.Millisecond), died)
	moves := f.finish(bouts)
	t.Logf("what became of it: %v", moves)
	if rounds < enoughHolds {
		return
	}
	for _, what := range []string{"replace", "replace by object", "extend", "attach", "ship elsewhere", "rival"} { // what never happens is not tested
		if moves[what] == 0 || died == 0 {
			t.Errorf("%q happened %d times, and the leader died %d times", what, moves[what], died)
		}
	}
}

// fight is a namespace in which holds are fought over, with two replicas.
type fight struct {
	*testbed.World
	fault   *faultreport.Fault
	sink    *testbed.Sink
	watched *testbed.Observer
	corners []*corner
	over    atomic.Bool
	turn    atomic.Int64
}

// corner is where one replica runs, again and again.
type corner struct {
	front   *testbed.Proxy
	address string
}

func newFight(t *testing.T, fault *faultreport.Fault) *fight {
	t.Helper()
	w := testbed.NewWorld(t)
	f := &fight{World: w, fault: fault, sink: w.NewSink(), watched: w.Observe(map[string]int64{})}
	for range 2 {
		f.corners = append(f.corners, &corner{front: w.Proxied(), address: testbed.FreeAddress(w)})
	}
	return f
}

func goods(i int) string { return fmt.Sprintf("good-%d", i) }

// declare makes the stock of so many products.
func (f *fight) declare(products int) {
	f.Helper()
	for i := range products {
		f.watched.Received[goods(i)+" north"], f.watched.Received[goods(i)+" south"] = northUnits, southUnits
	}
	testbed.InParallel(products, func(i int) {
		f.Declare(goods(i)+"-north", goods(i), "north", northUnits)
		f.Declare(goods(i)+"-south", goods(i), "south", southUnits)
	})
}

func (f *fight) begin() {
	f.Helper()
	for _, c := range f.corners {
		f.enter(c).AwaitReady()
	}
}

// enter starts the replica of a corner.
func (f *fight) enter(c *corner) *testbed.Operator {
	f.Helper()
	flags := append([]string{"--sink", f.sink.URL()}, testbed.ShortLease...)
	o := f.LaunchAt(c.address, c.front.Kubeconfig, flags...)
	select {
	case <-c.front.Victim: // of an earlier start
	default:
	}
	c.front.Victim <- o
	return o
}

// bridge is the next one that is to be asked.
func (f *fight) bridge() string {
	return "http://" + f.corners[int(f.turn.Add(1))%len(f.corners)].address
}

// holdWrites are the writes of the journal at which leaders die.
var holdWrites = []testbed.Point{
	testbed.PageWrite(func(a *testbed.Append) bool { return a.Has(isReplacement) }),
	testbed.PageWrite(func(a *testbed.Append) bool {
		return a.Has(func(r stock.Record) bool { _, ok := r.(*stock.Extended); return ok })
	}),
	testbed.PageWrite(func(a *testbed.Append) bool { return a.Has(isFromElsewhere) }),
	testbed.NameOrder,
}

func isReplacement(r stock.Record) bool {
	reserved, ok := r.(*stock.Reserved)
	return ok && reserved.Replaces != ""
}

func isFromElsewhere(r stock.Record) bool {
	consumed, ok := r.(*stock.Consumed)
	if !ok {
		return false
	}
	for _, a := range consumed.Allocations {
		if a.Location == "south" && a.Consumed > 0 {
			return true
		}
	}
	return false
}

// killLeaders kills whoever makes one of those writes, before, after or without its answer,
// starts it again, and does so that often or until the fight is over. The function that it
// returns waits for the end and says how often it was.
func (f *fight) killLeaders(random *rand.Rand, most int) (deaths func() int) {
	ends := make(chan int, 1)
	go func() {
		died := 0
		defer func() { ends <- died }()
		for ; died < most; died++ {
			at := holdWrites[died%len(holdWrites)]
			how := []testbed.Fault{testbed.KillBefore, testbed.KillUnanswered, testbed.KillThenServe, testbed.KillAnswered}[random.IntN(4)]
			hit := f.arm(at, how)
			for dead := false; !dead; {
				select {
				case c := <-hit:
					f.enter(c)
					dead = true
				case <-time.After(100 * time.Millisecond): // a look at whether it is over
					if f.over.Load() {
						return
					}
				}
			}
		}
	}()
	return func() int { return <-ends }
}

// arm breaks the next write at a point, whichever replica makes it.
func (f *fight) arm(at testbed.Point, how testbed.Fault) <-chan *corner {
	hit := make(chan *corner, 1)
	var once atomic.Bool
	for _, c := range f.corners {
		c.front.Arm(at, func(p *testbed.Passage) {
			if f.over.Load() || once.Swap(true) {
				p.Deliver(p.Serve())
				return
			}
			defer func() { hit <- c }()
			how(p)
		})
	}
	return hit
}

// finish judges what is left, and counts what became of every move.
func (f *fight) finish(bouts []*bout) (moves map[string]int) {
	f.Helper()
	f.watched.Await("the end of every hold", func() bool {
		for _, r := range f.watched.Books.Carts() {
			if !r.Phase.Ended() {
				return false
			}
		}
		return true
	})
	f.Settle()
	f.watched.Stop()
	moves = map[string]int{}
	for _, b := range bouts {
		b.judge(f.watched.Books)
		for _, m := range b.moves {
			moves[m.String()]++
		}
	}
	f.sink.CheckAll(f.watched.Outcomes())
	f.fault.Checked(f.watched.Versions)
	return moves
}
