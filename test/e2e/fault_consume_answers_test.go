package e2e

import (
	"net/http"
	"testing"
)

// TestConsumeAnswersLost loses, delays and falsifies the answer to each write of
// a consume while the operator lives.
func TestConsumeAnswersLost(t *testing.T) {
	for _, p := range []struct {
		name string
		// faults are those of the first writes at each point; they keep what is
		// served late in the channel.
		faults func(late chan *passage) []fault
		late   bool
	}{
		{name: "answer lost", faults: func(chan *passage) []fault { return []fault{loseAnswer} }},
		{name: "request lost twice", faults: func(chan *passage) []fault { return []fault{loseRequest, loseRequest} }},
		{name: "409 and served", faults: func(chan *passage) []fault { return []fault{serveAndAnswer(http.StatusConflict)} }},
		{name: "504 and served", faults: func(chan *passage) []fault { return []fault{serveAndAnswer(http.StatusGatewayTimeout)} }},
		{name: "served before the next attempt", faults: func(late chan *passage) []fault {
			return []fault{withhold(late), overtakenBy(late)}
		}},
		{name: "served in the end", faults: func(late chan *passage) []fault { return []fault{withhold(late)} }, late: true},
	} {
		t.Run(p.name, func(t *testing.T) {
			s := newShipping(t)
			s.begin()
			reservation := s.hold()
			s.ship(reservation)
			last := s.lastFold()
			late := map[string]chan *passage{}
			met := map[string][]<-chan struct{}{}
			for _, step := range []foldStep{intending, opening, showing, creatingTally, counting, closing} {
				late[step.name] = make(chan *passage, 1)
				for _, f := range p.faults(late[step.name]) {
					met[step.name] = append(met[step.name], s.proxy.arm(step.at(last), f))
				}
			}
			c := consume("consume", plainHTTP, reservation)
			s.remember(c, s.ask(c, s.o))
			s.remember(c, s.ask(c, s.o))
			s.awaitFold(last)
			for step, broken := range met {
				awaitClosed(s.world, broken[0], "the broken write while "+step)
			}
			if p.late {
				s.settle()
				for step, withheld := range late {
					if answer := (<-withheld).serve(); answer.code != http.StatusConflict {
						t.Errorf("%s: a late write was answered %d, want a conflict", step, answer.code)
					}
				}
			}
			s.finish()
			s.sink.check()
		})
	}
}
