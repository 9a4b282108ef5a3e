package allocator_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// theatre plays one transcript: replicas named by the script, and one server.
type theatre struct {
	t      testing.TB
	out    io.Writer
	server *journaltest.Server
	now    time.Time
	policy stock.Policy
	fill   int
	actors map[string]*actor
	names  []string
	calls  uint64
	asked  map[uint64]string
}

// actor is one replica: what it has sent, and what comes back to it.
type actor struct {
	*allocator.Allocator
	name    string
	stage   string
	sent    []journal.Effect
	back    []journal.Event
	wakes   []wake
	watch   uint64
	from    int
	listing int
}

type wake struct {
	at    time.Time
	event allocator.Event
}

func newTheatre(t testing.TB) *theatre {
	return &theatre{
		t: t, server: journaltest.NewServer(), now: fixture.Start, policy: fixture.Policy(), fill: 16 << 10,
		actors: map[string]*actor{}, asked: map[uint64]string{},
	}
}

// say adds a line to what came of a command.
func (s *theatre) say(format string, args ...any) {
	fmt.Fprintf(s.out, "    "+format+"\n", args...)
}

func (s *theatre) start(name string) {
	a := &actor{name: name, Allocator: allocator.New(fixture.Config(name, fixture.Fill(s.fill)), s.policy)}
	a.stage = a.Log().Stage()
	s.actors[name] = a
	if !slices.Contains(s.names, name) {
		s.names = append(s.names, name)
	}
	s.take(a, a.Start())
}

// found lets a journal be founded by the first of some replicas, and says nothing of it.
func (s *theatre) found(names []string) {
	out := s.out
	s.out = io.Discard
	for _, name := range names {
		s.start(name)
	}
	s.step(s.actors[names[0]], allocator.Journal{Event: journal.Elected{}})
	s.run(names)
	s.out = out
	s.say("%s is %s", names[0], s.actors[names[0]].stage)
}

func (s *theatre) step(a *actor, event allocator.Event) {
	s.take(a, a.Step(s.now, event))
	if stage := a.Log().Stage(); stage != a.stage {
		a.stage = stage
		s.say("%s is %s", a.name, stage)
		if d := a.Log().Damage(); d != nil && stage == "damaged" {
			s.say("%s: %s; that the journal ended there is proven: %t", a.name, d.Reason, d.Proven)
		}
	}
}

// take notes what a replica wants done, and says what it answers.
func (s *theatre) take(a *actor, effects []allocator.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case allocator.Answered:
			s.say("%s answers %q: %s", a.name, s.asked[e.Call], fixture.Words(e.Answer))
		case allocator.Unwritable:
			s.say("%s answers %q: it cannot be stored, %v", a.name, s.asked[e.Call], e.Err)
		case allocator.Ended:
			s.say("%s answers %q: it is not to lead, ask another", a.name, s.asked[e.Call])
		case allocator.Wake:
			a.wakes = append(a.wakes, wake{s.now.Add(e.After), allocator.Woken{}})
		case allocator.Perform:
			if w, ok := e.Effect.(journal.Wake); ok {
				a.wakes = append(a.wakes, wake{s.now.Add(w.After), allocator.Journal{Event: journal.Woken{Call: w.Call}}})
				continue
			}
			a.sent = append(a.sent, e.Effect)
		}
	}
}

// arrive lets all that a replica has sent arrive at the server. The answers wait.
func (s *theatre) arrive(a *actor) {
	for len(a.sent) > 0 {
		effect := a.sent[0]
		a.sent = a.sent[1:]
		before := s.server.Pages[pageOf(effect)]
		answer := s.server.Serve(effect)
		s.saySent(a, effect, before, answer)
		a.back = append(a.back, answer)
		if _, ok := answer.(journal.Listed); ok {
			a.listing = len(s.server.Changes)
		}
	}
}

// hear gives a replica its answers, as they are or lost.
func (s *theatre) hear(a *actor, lost bool) {
	back := a.back
	a.back = nil
	for _, e := range back {
		if lost {
			e = lostAnswer(e)
		}
		if l, ok := e.(journal.Listed); ok && l.Err == nil {
			a.watch, a.from = l.Call, a.listing
		}
		s.step(a, allocator.Journal{Event: e})
	}
}

// drop loses what a replica has sent before it arrives.
func (s *theatre) drop(a *actor) {
	sent := a.sent
	a.sent = nil
	for _, effect := range sent {
		s.say("%s: %s ⇒ lost on its way", a.name, effectText{effect})
		s.step(a, allocator.Journal{Event: lostAnswer(s.server.Clone().Serve(effect))})
	}
}

// see brings a replica the changes that its watch has for it.
func (s *theatre) see(a *actor) {
	for a.watch != 0 && a.from < len(s.server.Changes) {
		c := s.server.Changes[a.from]
		a.from++
		s.step(a, allocator.Journal{Event: journal.Watched{Call: a.watch, Page: *c.Page, Deleted: c.Deleted}})
	}
}

// run lets everything happen until nothing is left but waits.
func (s *theatre) run(names []string) {
	for range 100 {
		busy := false
		for _, name := range names {
			a := s.actors[name]
			busy = busy || len(a.sent) > 0 || len(a.back) > 0 || a.watch != 0 && a.from < len(s.server.Changes)
			s.arrive(a)
			s.hear(a, false)
			s.see(a)
		}
		if !busy {
			return
		}
	}
	s.t.Fatal("it does not come to rest")
}

// wait lets time pass; whoever wanted to be woken is.
func (s *theatre) wait(d time.Duration) {
	s.now = s.now.Add(d)
	for _, name := range s.names {
		a := s.actors[name]
		due := a.wakes
		a.wakes = nil
		for _, w := range due {
			if w.at.After(s.now) {
				a.wakes = append(a.wakes, w)
				continue
			}
			s.step(a, w.event)
		}
	}
	s.run(s.names)
}
