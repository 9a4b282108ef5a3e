package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// forwardedFault is the fault's name in the report.
const forwardedFault = "leader killed under forwarded commands"

// TestForwardedKilled kills the leader at the write for a command that its standby has
// forwarded: before the write is served, after it without the answer, and with it. The
// standby waits, leads and answers; whoever asked has sent the command once.
func TestForwardedKilled(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, forwardedFault)
	for _, death := range deaths {
		t.Run(death.name, func(t *testing.T) {
			t.Parallel()
			s := newSuccession(t, fault)
			first := s.Ask(testbed.Reserve("first", testbed.PlainHTTP, testbed.Item("mug", 1)), s.leader)
			held := s.killed(death, testbed.Decide, testbed.Reserve("second", testbed.BinaryMode, testbed.Item("mug", 1)))
			s.killed(death, testbed.Free, testbed.Release("free", testbed.StructuredMode, held))
			s.killed(death, testbed.Ship, testbed.Consume("ship", testbed.PlainHTTP, first.Reservation))
			s.keyless(death)
			s.finish(map[stock.Phase]int{stock.PhaseReleased: 1, stock.PhaseConsumed: 1, stock.PhaseReserved: 1})
		})
	}
}

// succession is a world in which the standby follows the leader again and again.
type succession struct {
	*testbed.Killing
	fault   *faultreport.Fault
	watched *testbed.Observer
	leader  *testbed.Operator
}

func newSuccession(t *testing.T, fault *faultreport.Fault) *succession {
	t.Helper()
	s := &succession{Killing: testbed.NewKilling(testbed.NewWorld(t)), fault: fault}
	s.watched = s.Observe(map[string]int64{"mug amsterdam": 3})
	s.leader = s.StartBeside(elected...)
	s.leader.AwaitReady()
	s.Stock("mug", "mug", "amsterdam", 3)
	return s
}

// reserve starts a standby that has read the journal. The leader is who will be killed.
func (s *succession) reserve() *testbed.Operator {
	s.Helper()
	standby := s.StartBeside(elected...)
	<-s.Proxy.Victim
	s.Proxy.Victim <- s.leader
	standby.AwaitReady()
	return standby
}

// killed has a command forwarded by the standby, kills the leader at the command's write, and
// returns the reservation that the command is about.
func (s *succession) killed(death death, at testbed.Point, c testbed.Command) string {
	s.Helper()
	var told *testbed.Told
	s.kill(death, at, func(standby *testbed.Operator) (err error) {
		told, err = c.Send(s.Context(), standby.Bridge)
		return err
	})
	s.Remember(c, told)
	s.Remember(c, s.Ask(c, s.leader))
	return told.Reservation
}

// keyless does the same with a cart that nobody could repeat: it has no key.
func (s *succession) keyless(death death) {
	s.Helper()
	s.kill(death, testbed.Decide, func(standby *testbed.Operator) error {
		body, err := json.Marshal(testbed.Reserve("keyless", testbed.PlainHTTP, testbed.Item("mug", 1)).Payload)
		if err != nil {
			return err
		}
		answer, err := http.Post(standby.Bridge+"/reservations", "application/json", bytes.NewReader(body)) //nolint:noctx // the standby ends it
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusCreated {
			return fmt.Errorf("%s: %s", answer.Status, text)
		}
		return nil
	})
}

// kill lets a standby be asked once, kills the leader at a write, and has the standby lead.
func (s *succession) kill(death death, at testbed.Point, ask func(standby *testbed.Operator) error) {
	s.Helper()
	standby := s.reserve()
	met := s.Arm(testbed.Crash{At: at, How: death.how})
	asked := make(chan error, 1)
	go func() { asked <- ask(standby) }()
	testbed.AwaitClosed(s.World, met, "the write to break")
	testbed.AwaitClosed(s.World, s.leader.Exited, "the leader's death")
	died := time.Now()
	s.fault.Injected(1)
	if err := <-asked; err != nil {
		s.fault.Violated("a command that was forwarded is not answered: %v", err)
		s.FailNow()
	}
	s.fault.Recovered(time.Since(died), recovered)
	s.Logf("answered after %v", time.Since(died))
	s.leader = standby
	s.watched.CatchUp()
}

// finish checks what is left: so many carts in each phase, and no other.
func (s *succession) finish(want map[stock.Phase]int) {
	s.Helper()
	s.Settle()
	got := map[stock.Phase]int{}
	for _, r := range s.Journal().Carts() {
		got[r.Phase]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.fault.Violated("carts by phase %v, want %v", got, want)
	}
	s.Sink.CheckAll(s.watched.Outcomes())
	s.watched.Stop()
	s.fault.Checked(s.watched.Versions)
}
