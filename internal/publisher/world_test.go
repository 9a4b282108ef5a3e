package publisher

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// world is one namespace's journal in memory and the processes that work in it. Everything
// but the publishers happens at once.
type world struct {
	t      *testing.T
	mu     sync.Mutex
	server *journaltest.Server
	// processes are those that run.
	processes []*process
	named     int
	carts     int
	// moved, if set, is called with each mark that a publisher tells, under the lock.
	moved func(p *process, number uint64)
}

func newWorld(t *testing.T) *world { return &world{t: t, server: journaltest.NewServer()} }

// process is one operator: its Allocator, with what a Runner has for a publisher.
type process struct {
	w    *world
	core *allocator.Allocator
	// watch is the call of the list that is watched from, from the version seen last.
	watch, from uint64
	news        chan struct{}
	calls       uint64
	answers     map[uint64]stock.Answer
	// marks are the moves that its publisher told.
	marks []uint64
	// deaf says that what its publisher tells is lost.
	deaf bool
}

var _ source = (*process)(nil)

// start starts a process that follows the journal.
func (w *world) start() *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.named++
	p := &process{
		w: w, core: allocator.New(fixture.Config(fmt.Sprint("p", w.named)), fixture.Policy()),
		news: make(chan struct{}), answers: map[uint64]stock.Answer{},
	}
	w.processes = append(w.processes, p)
	p.perform(p.core.Start())
	return p
}

// lead starts a process that leads, and takes in mugs for all carts.
func (w *world) lead() *process {
	w.t.Helper()
	p := w.start()
	p.elect()
	p.ask(stock.PutItem{Item: fixture.Item("mugs", fixture.Stocks("mug", "ams", 1<<40)), Read: 1})
	return p
}

func (p *process) elect() { p.tell(allocator.Journal{Event: journal.Elected{}}) }

// depose ends the term, if there is one.
func (p *process) depose() { p.tell(allocator.Journal{Event: journal.Deposed{}}) }

// stop takes a process out of the world: it crashes.
func (p *process) stop() {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	var rest []*process
	for _, other := range p.w.processes {
		if other != p {
			rest = append(rest, other)
		}
	}
	p.w.processes = rest
	p.core = nil
	p.changed()
}

// ask has a request decided.
func (p *process) ask(request stock.Request) stock.Answer {
	p.w.t.Helper()
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.calls++
	p.step(allocator.Asked{Call: p.calls, Request: request})
	answer, ok := p.answers[p.calls]
	if !ok {
		p.w.t.Fatalf("%s is not answered", fixture.Words(request))
	}
	return answer
}

// reserve has a cart decided: number n of this world.
func (p *process) reserve(modify ...func(*stock.Reserve)) *stock.Reservation {
	p.w.t.Helper()
	p.w.carts++
	id := stock.ID(fmt.Sprintf("cart-%d", p.w.carts))
	answer := p.ask(fixture.Reserve(id, append([]func(*stock.Reserve){fixture.WithoutTime()}, modify...)...))
	if answer.Verdict != stock.Done {
		p.w.t.Fatalf("%s", fixture.Words(answer))
	}
	return answer.Reservation
}

func (p *process) tell(event allocator.Event) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if p.core != nil {
		p.step(event)
	}
}

// step has a process take in events; the others see what it wrote.
func (p *process) step(events ...allocator.Event) {
	p.perform(p.core.Step(time.Now(), events...))
	for quiet := false; !quiet; {
		quiet = true
		for _, other := range p.w.processes {
			if c, ok := p.w.server.After(other.from); ok {
				other.from, quiet = c.Version, false
				watched := journal.Watched{Call: other.watch, Page: *c.Page, Deleted: c.Deleted}
				other.perform(other.core.Step(time.Now(), allocator.Journal{Event: watched}))
			}
		}
	}
}

func (p *process) perform(effects []allocator.Effect) {
	for ; len(effects) > 0; effects = effects[1:] {
		switch e := effects[0].(type) {
		case allocator.Answered:
			p.answers[e.Call] = e.Answer
		case allocator.Wake:
			time.AfterFunc(e.After, func() { p.tell(allocator.Woken{}) })
		case allocator.Perform:
			if wake, ok := e.Effect.(journal.Wake); ok {
				time.AfterFunc(wake.After, func() { p.tell(allocator.Journal{Event: journal.Woken{Call: wake.Call}}) })
				continue
			}
			event := p.w.server.Serve(e.Effect)
			if listed, ok := event.(journal.Listed); ok {
				p.watch, p.from = listed.Call, listed.Version
			}
			effects = append(effects, p.core.Step(time.Now(), allocator.Journal{Event: event})...)
		}
	}
	p.changed()
}

func (p *process) changed() {
	close(p.news)
	p.news = make(chan struct{})
}

// News implements source, as do the others.
func (p *process) News() <-chan struct{} {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.news
}

func (p *process) Read(read func(*stock.State, *journal.Log)) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if p.core == nil {
		read(stock.New(), journal.New(journal.Config{}))
		return
	}
	read(p.core.Stock(), p.core.Log())
}

func (p *process) Tell(request stock.Request) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if mark, ok := request.(stock.Publish); ok {
		p.marks = append(p.marks, mark.Number)
		if p.w.moved != nil {
			p.w.moved(p, mark.Number)
		}
	}
	if p.core != nil && !p.deaf {
		p.step(allocator.Asked{Request: request})
	}
}

func (p *process) term() uint64 {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if p.core == nil {
		return 0
	}
	return p.core.Term()
}

func (p *process) Terms(ctx context.Context, lead func(ctx context.Context, term uint64)) {
	var served uint64
	for ctx.Err() == nil {
		news := p.News()
		if term := p.term(); term != 0 && term != served {
			served = term
			p.serve(ctx, term, lead)
			continue
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
}

func (p *process) serve(ctx context.Context, term uint64, lead func(ctx context.Context, term uint64)) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	go func() {
		defer end()
		for ctx.Err() == nil {
			news := p.News()
			if p.term() != term {
				return
			}
			select {
			case <-news:
			case <-ctx.Done():
			}
		}
	}()
	lead(ctx, term)
}

// marksOf are the journal's marks as a process knows them.
func (p *process) marksOf() (m stock.Marks) {
	p.Read(func(s *stock.State, _ *journal.Log) { m = s.Marks() })
	return m
}
