package chaos

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// restartsPerLife keeps lives short enough to look into.
const restartsPerLife = 3

// TestStaleRestart kills the operator and starts it with informers that are told
// how things looked some time ago: carts that have been decided are pending
// again, released and shipped ones are held, deleted ones are there, and stock
// that was written off is on sale. Kind after kind is let go to catch up while
// visitors shop. What the operator writes, and what it reads past its caches, goes
// to the server as ever. Servers since streaming lists promise more than this,
// and the promise is not relied on.
func TestStaleRestart(t *testing.T) {
	t.Parallel()
	rounds := faultreport.Rounds(t, 15)
	for n, seed := range seeds(t, (rounds+restartsPerLife-1)/restartsPerLife) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			s := &aging{life: newLife(t, seed), rng: rand.New(rand.NewPCG(seed, 1)), report: faultreport.Begin(t, "stale restart")}
			s.o = s.Start()
			for round := range min(restartsPerLife, rounds-n*restartsPerLife) {
				s.restart(round)
			}
			s.report.Checked(s.finish())
		})
	}
}

// aging is a life in which operators begin in the past.
type aging struct {
	*life
	o      *testbed.Operator
	rng    *rand.Rand
	report *faultreport.Fault
}

const buyers = 3

func (s *aging) restart(round int) {
	s.Helper()
	name := fmt.Sprintf("r%d", round)
	s.probe(name+"-probe", time.Now())
	var shopping sync.WaitGroup
	shopping.Go(func() { s.visit(name+"-before-", buyers, 3) })
	s.pause(300 * time.Millisecond)
	before := remember(s.World)
	shopping.Wait()
	s.visit(name+"-since-", buyers, 2)
	s.writeOff()

	s.o.Kill()
	<-s.Proxy.Victim
	s.watched.CatchUp()
	terms := s.terms()
	s.Proxy.See(before)
	s.o = s.Start()
	shopping.Go(func() { s.visit(name+"-after-", buyers, 3) })
	for _, kind := range kinds {
		testbed.AwaitClosed(s.World, before[kind].shown, "the operator to ask for "+kind)
	}
	if s.rng.IntN(3) > 0 { // it leads before anything is let go
		s.watched.Await("a term of the operator that began in the past", func() bool { return len(s.watched.Books.Terms) > terms })
	}
	for _, i := range s.rng.Perm(len(kinds)) {
		s.pause(250 * time.Millisecond)
		before.letGo(kinds[i])
	}
	s.report.Injected(1)
	s.report.Recovered(s.probe(name+"-recovered", time.Now()), recovered)
	shopping.Wait()
	s.Proxy.See(nil)
}

// terms is how many operators have led so far.
func (s *aging) terms() (count int) {
	s.watched.Await("the journal", func() bool { count = len(s.watched.Books.Terms); return true })
	return count
}

// pause lets some time pass, up to a limit: what happens when is the seed's
// choice.
func (s *aging) pause(limit time.Duration) {
	<-time.After(time.Duration(s.rng.Int64N(int64(limit))))
}

// writeOff leaves at most two vases that nobody has, and waits until the
// operator shows that: from here on no more than these may be sold.
func (s *aging) writeOff() {
	s.Helper()
	s.watched.CatchUp()
	taken := s.watched.Taken("vase amsterdam")
	s.Receive("vase", taken+s.rng.Int64N(3))
	i := s.AwaitItem("vase", func(i *v1.StockItem) bool {
		return i.Status.ObservedGeneration == i.Generation
	})
	s.watched.CatchUp()
	s.watched.Limit("vase amsterdam", i.Spec.Received)
}
