package chaos

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/testbed"
)

// TestHistoriesOverLostAnswers lets clients use two replicas whose writes are
// lost, answered wrongly or late.
func TestHistoriesOverLostAnswers(t *testing.T) {
	w := testbed.NewWorld(t)
	proxy := w.Proxied()
	operate := func() *testbed.Operator {
		o := w.Launch(proxy.Kubeconfig, patientShown...)
		o.AwaitReady()
		return o
	}
	leader := operate()
	w.Stock("first", "first", "amsterdam", 1)
	s := newLinearShop(t, w, leader, operate())
	n := linearShare(t, 24)
	random := rand.New(rand.NewPCG(s.seed, 1<<32))
	var met []<-chan struct{}
	for from := 0; from < n; from += linearAtOnce {
		for range 10 * linearAtOnce {
			met = append(met, proxy.Arm(linearPoints[random.IntN(len(linearPoints))], linearFaults[random.IntN(len(linearFaults))]))
		}
		s.histories(t, from, min(linearAtOnce, n-from))
	}
	broken := 0
	for _, m := range met {
		select {
		case <-m:
			broken++
		default:
		}
	}
	t.Logf("%d writes were broken", broken)
	if broken < n {
		t.Errorf("only %d writes of %d histories were broken", broken, n)
	}
}

var linearPoints = []testbed.Point{
	testbed.Decide, testbed.Refuse, testbed.Free, testbed.Ship, testbed.ShipPart, testbed.AnyAppend, testbed.AnyAppend,
	testbed.CreateReservation, testbed.NoteObject, testbed.ShowReserved,
}

var linearFaults = []testbed.Fault{
	testbed.LoseRequest, testbed.LoseAnswer, testbed.LoseAnswer,
	testbed.Answer(http.StatusConflict), testbed.Answer(http.StatusInternalServerError), testbed.Answer(http.StatusTooManyRequests),
	testbed.ServeAndAnswer(http.StatusConflict), testbed.ServeAndAnswer(http.StatusGatewayTimeout),
	served(200*time.Millisecond, 0), served(0, 200*time.Millisecond),
}

// served is a write that is delayed on its way there and back.
func served(there, back time.Duration) testbed.Fault {
	return func(p *testbed.Passage) {
		<-time.After(there) // the fault itself
		answer := p.Serve()
		<-time.After(back)
		p.Deliver(answer)
	}
}

// TestHistoriesOfTwins lets clients use two replicas that both believe they lead.
func TestHistoriesOfTwins(t *testing.T) {
	w := testbed.NewWorld(t)
	s := newLinearShop(t, w, w.Operate("--leader-elect=false", "--show=all"), w.Operate("--leader-elect=false", "--show=all"))
	s.levels = true
	s.histories(t, 0, linearShare(t, 10))
}

// TestHistoriesOverDeaths kills the leader while clients use both replicas.
func TestHistoriesOverDeaths(t *testing.T) {
	w := testbed.NewWorld(t)
	leader := keepRunning(w, linearLease...)
	w.Stock("first", "first", "amsterdam", 1)
	standby := keepRunning(w, linearLease...)
	s := newLinearShop(t, w, leader.now(), standby.now())
	n, random := linearShare(t, 16), rand.New(rand.NewPCG(s.seed, 1<<33))
	for from := 0; from < n; from += linearAtOnce {
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.histories(t, from, min(linearAtOnce, n-from))
		}()
		<-time.After(time.Duration(200+random.IntN(800)) * time.Millisecond) // any moment
		leader.now().Kill()
		<-done
		leader, standby = standby, leader
	}
}

// linearLease lets a standby take over soon, but not at once where the machine is busy. As
// with patientShown every cart has an object.
var linearLease = []string{"--show=all", "--lease-duration", "3s", "--renew-deadline", "2s", "--retry-period", "300ms"}

// lasting is an operator that is started again whenever it ends.
type lasting struct {
	mu sync.Mutex
	o  *testbed.Operator
}

func (l *lasting) now() *testbed.Operator {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.o
}

// keepRunning starts an operator, waits until it is ready, and starts it again at
// the same address until the test ends.
func keepRunning(w *testbed.World, flags ...string) *lasting {
	w.Helper()
	ended := make(chan struct{})
	w.Cleanup(func() { <-ended })
	l := &lasting{o: w.Operate(flags...)}
	address := strings.TrimPrefix(l.o.Bridge, "http://")
	go func() {
		defer close(ended)
		for {
			<-l.now().Exited
			if w.Context().Err() != nil {
				return
			}
			again := w.LaunchAt(address, w.Kubeconfig, flags...)
			if w.Context().Err() != nil {
				again.Kill() // the test ended in between
			}
			l.mu.Lock()
			l.o = again
			l.mu.Unlock()
		}
	}()
	return l
}
