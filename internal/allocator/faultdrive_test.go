package allocator_test

import (
	"fmt"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// freeze keeps back what is written at the place where the journal goes on; thaw sends it.
func (s *solo) freeze() {
	s.frozen = func(e journal.Effect) bool {
		put, ok := e.(journal.Put)
		return ok && !put.Page.Emptied
	}
}

func (s *solo) thaw() {
	kept := s.kept
	s.frozen, s.kept = nil, nil
	for _, e := range kept {
		s.perform(e)
	}
	s.settle()
}

func (s *solo) elect() { s.hear(journal.Elected{}) }

// lead has the process elected and its term landed.
func (s *solo) lead() *solo {
	s.t.Helper()
	s.elect()
	s.follow()
	if !s.Log().Leading() {
		s.t.Fatalf("%s, damage %+v, instead of leading", s.Log().Stage(), s.Log().Damage())
	}
	return s
}

// ask has a request decided, as far as that goes without any wait.
func (s *solo) ask(request stock.Request) stock.Answer {
	return s.answerTo(s.send(request))
}

// send asks and returns the call.
func (s *solo) send(request stock.Request) uint64 {
	s.calls++
	s.tell(allocator.Asked{Call: s.calls, Request: request})
	s.settle()
	return s.calls
}

// answerTo is what a call was told; its verdict is 0 where it was told nothing.
func (s *solo) answerTo(call uint64) stock.Answer {
	answered, _ := s.told[call].(allocator.Answered)
	return answered.Answer
}

// must asks for what has to be done.
func (s *solo) must(requests ...stock.Request) {
	s.t.Helper()
	for _, request := range requests {
		if got := s.ask(request).Verdict; got != stock.Done {
			s.t.Fatalf("%+v is told %d", request, got)
		}
	}
}

// fillPages asks for what changes little, until the journal is on its third page.
func (s *solo) fillPages() {
	s.t.Helper()
	for n := 0; s.Log().Position().Page < 3; n++ {
		if n == 1000 {
			s.t.Fatalf("the third page is never reached: %+v", s.Log().Position())
		}
		s.must(stock.Register{Name: "archive", Position: fmt.Sprint(n)})
		s.follow()
	}
}

// nameAt is the name of the object that holds a page.
func nameAt(server *journaltest.Server, number uint64) string {
	for name, p := range server.Pages {
		if p.Number == number {
			return name
		}
	}
	return ""
}

// mugs is a StockItem with so many mugs.
func mugs(units int64) stock.PutItem {
	return stock.PutItem{Item: fixture.Item("mugs", fixture.Stocks("mug", "ams", units))}
}
