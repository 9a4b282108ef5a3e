package allocator_test

import (
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// due picks one of those whose time has come, -1 if there is none.
func due(p *process, n int, at func(int) time.Time) int {
	if n == 0 {
		return -1
	}
	first := p.w.rng.IntN(n)
	for k := range n {
		if i := (first + k) % n; !at(i).After(p.w.now) {
			return i
		}
	}
	return -1
}

func (p *process) isFrozen() bool { return p.w.steps < p.frozenUntil }

// freeze stops a process for some steps.
func (p *process) freeze(steps int) {
	p.frozenUntil, p.frozenAt = p.w.steps+steps, p.w.books.tail
	p.w.note("%s freezes for %d steps", p.name, steps)
}

// thaw notes how long a process was frozen that does something again: long is when the
// page on which the journal stood has been written over.
func (p *process) thaw() {
	if at := p.frozenAt; p.frozenUntil != 0 && at != nil {
		if now := p.w.server.Pages[at.Name]; now != nil && now.Number != at.Number {
			p.w.reach.LongFreezes++
		}
	}
	p.frozenUntil, p.frozenAt = 0, nil
}

// deliver brings the next change of a page.
func (p *process) deliver() {
	if p.isFrozen() || p.watch == 0 || p.from >= len(p.w.server.Changes) {
		return
	}
	c := p.w.server.Changes[p.from]
	p.from++
	p.step(allocator.Journal{Event: journal.Watched{Call: p.watch, Page: *c.Page, Deleted: c.Deleted}})
}

func (p *process) setElected(elected bool) {
	p.elected = elected
	if elected {
		p.w.note("%s is elected", p.name)
		p.step(allocator.Journal{Event: journal.Elected{}})
		return
	}
	p.w.note("%s is deposed", p.name)
	p.step(allocator.Journal{Event: journal.Deposed{}})
}

// stock is what the process knows; for reading only.
func (p *process) stock() *stock.State { return p.replica.Stock() }

func (p *process) isAsking() bool {
	return due(p, len(p.pending), func(i int) time.Time { return p.pending[i].due }) >= 0
}

func (p *process) isAnswered() bool {
	return !p.isFrozen() && due(p, len(p.answers), func(i int) time.Time { return p.answers[i].due }) >= 0
}

func (p *process) isBehind() bool {
	return !p.isFrozen() && p.watch != 0 && p.from < len(p.w.server.Changes)
}

func (p *process) isLeading() bool { return !p.isFrozen() && p.leads }
