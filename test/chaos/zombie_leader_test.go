package chaos

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// lateWrites are the writes in the middle of which a leader is stopped.
var lateWrites = []struct {
	name string
	at   testbed.Point
}{
	{"reserving", testbed.Decide},
	{"showing a hold", testbed.ShowReserved},
	{"releasing", testbed.Free},
	{"noting an object", testbed.NoteObject},
	{"shipping", testbed.Ship},
	{"showing units", testbed.ShowHeld},
	{"noting what was delivered", testbed.NoteNothing},
}

// TestZombieLeader stops leader after leader in the middle of a write until a
// standby leads and decides, and lets it go on: it believes it still leads, and its
// write comes late. It notices, and serves on as a standby.
func TestZombieLeader(t *testing.T) {
	rounds := faultreport.Rounds(t, 10)
	fault := faultreport.Begin(t, "zombie leader")
	spread(t, rounds, 4, 3, func(t *testing.T, first, rounds int) {
		d := found(testbed.NewWorld(t), fault, testbed.ShortLease...)
		d.reign(uint64(first + 1))
		for round := range rounds {
			late := lateWrites[(first+round)%len(lateWrites)]
			d.Logf("stopped while %s", late.name)
			d.reserve()
			thaw, code := make(chan struct{}), make(chan int, 1)
			var served <-chan struct{}
			fault.Recovered(d.succeed(func(leader *replica) time.Time {
				stopped := make(chan time.Time, 1)
				served = leader.front.Arm(late.at, stopInMid(stopped, thaw, code))
				select {
				case began := <-stopped:
					return began
				case <-time.After(testbed.Patience):
					d.Fatalf("no leader was ever %s", late.name)
					return time.Time{}
				}
			}), shortLease+2*time.Second)
			fault.Injected(1)
			d.shoppers.awaitMore(5)
			close(thaw)
			testbed.AwaitClosed(d.World, served, "the late write")
			fault.Checked(1)
			if got := <-code; got != http.StatusConflict {
				fault.Violated("%s: the late write was answered %d, want a conflict", late.name, got)
			}
			d.depose()
		}
		d.end()
	})
}

// stopInMid stops the operator in the middle of a write, tells when, and serves
// the write when the operator is to go on. It tells the answer's code.
func stopInMid(stopped chan<- time.Time, thaw <-chan struct{}, code chan<- int) testbed.Fault {
	return func(p *testbed.Passage) {
		o := <-p.Victim
		o.Signal(syscall.SIGSTOP)
		stopped <- time.Now()
		select {
		case <-thaw:
		case <-time.After(testbed.Patience):
		}
		answer := p.Serve()
		code <- answer.Code
		o.Signal(syscall.SIGCONT)
		p.Deliver(answer)
	}
}
