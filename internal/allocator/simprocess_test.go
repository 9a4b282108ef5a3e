package allocator_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
)

// process is one replica with what a program around it owes it: it performs effects,
// watches pages and StockItems, and lets callers wait.
type process struct {
	w       *world
	name    string
	replica *allocator.Allocator
	offset  time.Duration
	elected bool
	leads   bool
	// pending are requests that have not arrived yet, answers what comes back.
	pending []sent
	answers []reply
	// listing is the call of the newest List, watch that of the list watched from, and
	// from the next change of pages.
	listing, watch uint64
	from           int
	store          itemStore
	// duties are the calls that may only be decided in the term in which they were asked,
	// by what they are about.
	duties map[string]uint64
	// callers are the calls of those who wait, who leave when they have waited long.
	callers []uint64
	// frozenUntil is the step of the world until which the process does nothing, frozenAt
	// the tail when that began.
	frozenUntil int
	frozenAt    *journal.Page
	// fatal is the call after whose answer the process crashes.
	fatal uint64
}

// sent is a request on its way, reply an answer on its way.
type sent struct {
	effect journal.Effect
	due    time.Time
}

type reply struct {
	event allocator.Event
	due   time.Time
	from  int
}

func (w *world) newProcess() *process {
	w.count++
	config := w.config
	p := &process{w: w, name: fmt.Sprintf("p%d", w.count), duties: map[string]uint64{}}
	config.Self.Name, config.Process = p.name, p.name
	p.replica = allocator.New(config, w.policy)
	p.setClock()
	w.note("%s starts, its clock is off by %s", p.name, p.offset)
	p.take(p.replica.Start())
	p.hearOfRepair()
	return p
}

// setClock lets a process's clock be anywhere within its bounds.
func (p *process) setClock() {
	p.offset = time.Duration(p.w.rng.Int64N(int64(maxAhead+maxBehind))) - maxBehind
	if p.w.chance(3) {
		p.offset = maxAhead
	}
}

// clock is the time as the process knows it.
func (p *process) clock() time.Time { return p.w.now.Add(p.offset) }

// step tells the replica an event and acts on what it wants done.
func (p *process) step(event allocator.Event) {
	if p.w.failure != "" {
		return
	}
	if _, ok := event.(allocator.Dropped); !ok {
		p.leave()
	}
	before := p.replica.Log().Stage()
	p.take(p.replica.Step(p.clock(), event))
	log := p.replica.Log()
	if after := log.Stage(); after != before {
		p.w.note("%s: %s → %s", p.name, before, after)
	}
	if d := log.Damage(); d != nil && !p.w.disaster.happened {
		p.w.failf("%s takes the journal for damaged: %+v", p.name, *d)
	}
	if log.Leading() != p.leads {
		p.turn(log.Leading())
	}
}

// turn notes the begin or the end of a term.
func (p *process) turn(leads bool) {
	p.leads = leads
	if leads {
		p.w.reach.TakeOvers++
		return
	}
	// What was asked for on the strength of a store, or of a read past the caches, counts
	// only in the term in which that was so.
	for _, about := range sortedKeys(p.duties) {
		call := p.duties[about]
		delete(p.duties, about)
		delete(p.w.asks, call)
		p.step(allocator.Dropped{Call: call})
	}
}

// take acts on effects.
func (p *process) take(effects []allocator.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case allocator.Answered:
			p.w.told(p, e.Call, e.Answer)
		case allocator.Unwritable:
			p.w.unwritable(p, e.Call)
		case allocator.Ended:
			p.w.ended(p, e.Call)
		case allocator.Wake:
			p.answers = append(p.answers, reply{event: allocator.Woken{}, due: p.w.now.Add(e.After)})
		case allocator.Perform:
			p.perform(e.Effect)
		}
	}
}

// perform sends a request.
func (p *process) perform(effect journal.Effect) {
	due := p.w.now
	switch e := effect.(type) {
	case journal.Wake:
		p.answers = append(p.answers, reply{event: allocator.Journal{Event: journal.Woken{Call: e.Call}}, due: due.Add(e.After)})
		return
	case journal.List:
		p.watch, p.listing = 0, e.Call
		due = due.Add(e.Delay)
		p.w.reach.Lists++
	case journal.Put:
		due = due.Add(e.Delay)
	case journal.Get:
		due = due.Add(e.Delay)
	case journal.ReadLedger:
		due = due.Add(e.Delay)
	}
	p.pending = append(p.pending, sent{effect, due})
}

// answer takes one answer, or a wake.
func (p *process) answer() {
	i := due(p, len(p.answers), func(i int) time.Time { return p.answers[i].due })
	if i < 0 || p.isFrozen() {
		return
	}
	p.thaw()
	r := p.answers[i]
	p.answers = slices.Delete(p.answers, i, i+1)
	if e, ok := r.event.(allocator.Journal); ok {
		if p.w.faulty && p.w.chance(12) {
			p.w.note("an answer to %s is lost: %s", p.name, answerText{e.Event})
			e.Event = lostAnswer(e.Event)
		}
		if l, ok := e.Event.(journal.Listed); ok && l.Err == nil && l.Call == p.listing {
			p.watch, p.from = l.Call, r.from
		}
		if wrote, ok := e.Event.(journal.Wrote); ok && wrote.Call == p.fatal && p.fatal != 0 && p.w.faulty && !p.w.needs(p) {
			p.step(e)
			p.w.crash(p, "after the answer to a write")
			return
		}
		r.event = e
	}
	p.step(r.event)
}
