package chaos

import (
	"net/http"
	"testing"

	"github.com/acme/inventory-service/test/testbed"
)

// TestConsumeAnswersLost loses, delays and falsifies the answer to each write of
// a consume while the operator lives.
func TestConsumeAnswersLost(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		name string
		// faults are those of the first writes at each point; they keep what is
		// served late in the channel.
		faults func(late chan *testbed.Passage) []testbed.Fault
		late   bool
	}{
		{name: "answer lost", faults: func(chan *testbed.Passage) []testbed.Fault { return []testbed.Fault{testbed.LoseAnswer} }},
		{name: "request lost twice", faults: func(chan *testbed.Passage) []testbed.Fault {
			return []testbed.Fault{testbed.LoseRequest, testbed.LoseRequest}
		}},
		{name: "409 and served", faults: func(chan *testbed.Passage) []testbed.Fault {
			return []testbed.Fault{testbed.ServeAndAnswer(http.StatusConflict)}
		}},
		{name: "504 and served", faults: func(chan *testbed.Passage) []testbed.Fault {
			return []testbed.Fault{testbed.ServeAndAnswer(http.StatusGatewayTimeout)}
		}},
		{name: "served before the next attempt", faults: func(late chan *testbed.Passage) []testbed.Fault {
			return []testbed.Fault{testbed.Withhold(late), testbed.OvertakenBy(late)}
		}},
		{name: "served in the end", faults: func(late chan *testbed.Passage) []testbed.Fault { return []testbed.Fault{testbed.Withhold(late)} }, late: true},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := newShipping(t)
			s.begin()
			reservation := s.hold()
			s.ship(reservation)
			late := map[string]chan *testbed.Passage{}
			met := map[string][]<-chan struct{}{}
			for _, step := range []step{shippingIt, showingIt, showingUnits} {
				late[step.name] = make(chan *testbed.Passage, 1)
				for _, f := range p.faults(late[step.name]) {
					met[step.name] = append(met[step.name], s.Proxy.Arm(step.at, f))
				}
			}
			c := testbed.Consume("consume", testbed.PlainHTTP, reservation)
			s.Remember(c, s.Ask(c, s.o))
			s.Remember(c, s.Ask(c, s.o))
			s.awaitShipped(reservation)
			for step, broken := range met {
				testbed.AwaitClosed(s.World, broken[0], "the broken write while "+step)
			}
			if p.late {
				s.Settle()
				for step, withheld := range late {
					if answer := (<-withheld).Serve(); answer.Code != http.StatusConflict {
						t.Errorf("%s: a late write was answered %d, want a conflict", step, answer.Code)
					}
				}
			}
			s.finish()
			s.Sink.Check()
		})
	}
}
