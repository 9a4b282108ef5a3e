package allocator

import (
	"time"
)

// printState encodes a State: every field that Step reads. Times count from the
// process's clock, as far as they make a difference; calls count as the
// reconciler that waits for them, if one still does.
func (p *modelProcess) printState() imprint {
	s := p.state
	e := printer{buf: make([]byte, 0, 512), refs: make([]ref, 0, 32)}
	e.str(s.self)
	e.flag(s.elected)
	e.buf = append(e.buf, byte(s.stage))
	e.num(s.epoch)
	e.num(s.lastFold)
	e.str(string(s.base.UID))
	e.ver(kindLedger, s.base.Version)
	e.ledger(&s.base.Status)
	e.ver(kindLedger, s.seenVersion)
	e.fold(s.seenFold)
	e.since(p, s.lastWrite, settleDelay)
	e.flag(!s.wakeAt.IsZero())
	if !s.wakeAt.IsZero() {
		e.num(int64(max(0, s.wakeAt.Sub(p.now()))))
	}
	p.printAttempt(&e)
	e.num(int64(len(s.order)))
	for _, uid := range s.order {
		entry := s.entries[uid]
		e.hold(&entry.hold)
		e.flag(entry.journaled)
		e.flag(entry.settled)
	}
	p.printFold(&e)
	e.num(int64(len(s.queue)))
	for _, r := range s.queue {
		p.printRequest(&e, r)
	}
	e.stock(s.stock.Snapshot())
	return e.done()
}

// since is how long ago something was, up to where it makes no difference.
func (e *printer) since(p *modelProcess, at time.Time, most time.Duration) {
	e.num(int64(min(most, p.now().Sub(at))))
}

func (p *modelProcess) printAttempt(e *printer) {
	a := p.state.attempt
	if a == nil {
		e.num(0)
		return
	}
	e.num(int64(1 + len(a.tokens)))
	e.ledger(&a.status)
	for _, token := range a.tokens {
		e.token(token)
	}
	e.num(int64(len(a.batch)))
	for _, r := range a.batch {
		p.printRequest(e, r)
	}
	e.uids(a.settled)
}

func (p *modelProcess) printFold(e *printer) {
	f := p.state.fold
	if f == nil {
		e.num(0)
		return
	}
	e.num(f.id)
	e.since(p, f.openedAt, foldLinger)
	e.flag(f.journaled)
	e.flag(f.closing)
	e.flag(f.tallying)
	e.num(int64(len(f.order)))
	for _, uid := range f.order {
		m := f.members[uid]
		e.str(string(uid))
		e.takes(m.Takes)
		e.takes(m.Lost)
		e.flag(m.journaled)
		e.flag(m.settled)
	}
	for _, uid := range sortedUIDs(f.lost) {
		e.str(string(uid))
		e.takes(f.lost[uid])
	}
}

func (p *modelProcess) printRequest(e *printer, r *request) {
	e.str(string(r.uid))
	e.flag(r.takes != nil)
	e.takes(r.takes)
	e.num(r.foldID)
	e.num(int64(len(r.calls)))
	for _, call := range r.calls {
		waits := int64(-1)
		for slot := range slotItem + 1 {
			if t := p.tasks[slot]; t != nil && t.call == call {
				waits = int64(slot)
			}
		}
		e.num(waits)
	}
	d := r.decision
	e.flag(d.Superseded)
	e.flag(d.Hold != nil)
	if d.Hold != nil {
		e.hold(d.Hold)
	}
	e.flag(d.Fold != nil)
	if d.Fold != nil {
		e.num(d.Fold.ID)
		e.takes(d.Fold.Takes)
		e.takes(d.Fold.Lost)
	}
	e.num(int64(len(d.Short)))
	for _, line := range d.Short {
		e.num(line.Available)
	}
	if d.Short != nil {
		e.stamp(d.At)
	}
}
