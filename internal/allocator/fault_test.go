package allocator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// solo is one process over a server. What it sends is performed in its order as soon as
// it is due. Time passes, and the watch brings what it has, when the test says so.
type solo struct {
	*allocator.Allocator
	t      *testing.T
	server *journaltest.Server
	now    time.Time
	// skew is how far the process's clock is ahead.
	skew time.Duration

	pending []pending
	// watch is the call of the list that is watched from, from the version seen last.
	watch, from uint64
	calls       uint64
	told        map[uint64]allocator.Effect
	// sent counts the requests by their type.
	sent map[string]int

	// answer, if set, may answer in place of the server; nil is no answer at all.
	answer func(journal.Effect) (journal.Event, bool)
	// frozen, if set, tells which requests are kept back until thaw.
	frozen func(journal.Effect) bool
	kept   []journal.Effect
	// gaps says that each watch ends as soon as it has begun.
	gaps bool
}

// pending is an effect that is due at a time.
type pending struct {
	at     time.Time
	effect any
}

// newSolo starts a process; modify changes its configuration.
func newSolo(t *testing.T, server *journaltest.Server, name string, policy stock.Policy, modify ...func(*journal.Config)) *solo {
	s := &solo{
		Allocator: allocator.New(fixture.Config(name, modify...), policy), t: t, server: server, now: fixture.Start,
		told: map[uint64]allocator.Effect{}, sent: map[string]int{},
	}
	s.take(s.Start())
	s.settle()
	return s
}

func (s *solo) take(effects []allocator.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case allocator.Perform:
			s.pending = append(s.pending, pending{s.now.Add(waitOf(e.Effect)), e.Effect})
		case allocator.Wake:
			s.pending = append(s.pending, pending{s.now.Add(e.After), e})
		case allocator.Answered:
			s.told[e.Call] = e
		case allocator.Unwritable:
			s.told[e.Call] = e
		case allocator.Ended:
			s.told[e.Call] = e
		}
	}
}

func waitOf(effect journal.Effect) time.Duration {
	switch e := effect.(type) {
	case journal.List:
		return e.Delay
	case journal.Get:
		return e.Delay
	case journal.Put:
		return e.Delay
	case journal.Create:
		return e.Delay
	case journal.ReadNamespace:
		return e.Delay
	case journal.ReadLedger:
		return e.Delay
	case journal.Wake:
		return e.After
	default:
		return 0
	}
}

// tell passes on events and performs what is due then.
func (s *solo) tell(events ...allocator.Event) {
	s.take(s.Step(s.now.Add(s.skew), events...))
}

func (s *solo) hear(e journal.Event) {
	s.tell(allocator.Journal{Event: e})
	s.settle()
}

// settle performs what is due now.
func (s *solo) settle() { s.pass(0) }

// pass lets time pass, and performs what is due meanwhile.
func (s *solo) pass(d time.Duration) {
	s.t.Helper()
	const most = 2000
	end := s.now.Add(d)
	for done := 0; ; done++ {
		next := -1
		for i, p := range s.pending {
			if !p.at.After(end) && (next < 0 || p.at.Before(s.pending[next].at)) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		if done == most {
			s.t.Fatalf("it does not stop sending: %v", s.sent)
		}
		p := s.pending[next]
		s.pending = append(s.pending[:next:next], s.pending[next+1:]...)
		s.now = p.at
		s.perform(p.effect)
	}
	s.now = end
}

func (s *solo) perform(effect any) {
	switch e := effect.(type) {
	case allocator.Wake:
		s.tell(allocator.Woken{})
	case journal.Wake:
		s.tell(allocator.Journal{Event: journal.Woken{Call: e.Call}})
	case journal.Effect:
		if s.frozen != nil && s.frozen(e) {
			s.kept = append(s.kept, e)
			return
		}
		s.sent[fmt.Sprintf("%T", e)]++
		s.serve(e)
	}
}

func (s *solo) serve(effect journal.Effect) {
	event, answered := journal.Event(nil), false
	if s.answer != nil {
		event, answered = s.answer(effect)
	}
	if !answered {
		event = s.server.Serve(effect)
	}
	if event == nil {
		return
	}
	listed, ok := event.(journal.Listed)
	if ok && listed.Err == nil {
		s.watch, s.from = listed.Call, listed.Version
	}
	s.tell(allocator.Journal{Event: event})
	if ok && s.gaps {
		s.tell(allocator.Journal{Event: journal.WatchEnded{Call: listed.Call}})
	}
}

// follow delivers what the watch has.
func (s *solo) follow() {
	for {
		c, ok := s.server.After(s.from)
		if !ok {
			return
		}
		s.from = c.Version
		s.hear(journal.Watched{Call: s.watch, Page: *c.Page, Deleted: c.Deleted})
	}
}

// gap ends the watch: what happened meanwhile is read from a list.
func (s *solo) gap() { s.hear(journal.WatchEnded{Call: s.watch}) }
