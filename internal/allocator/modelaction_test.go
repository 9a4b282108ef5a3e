package allocator

import (
	"slices"

	"github.com/acme/inventory-service/internal/journal"
)

// action is one thing that happens; a, b and c say to whom.
type action struct{ kind, a, b, c uint8 }

const (
	actDeliver = iota + 1
	actServe
	actAnswer
	actServeAnswer
	actLose
	actGiveUp
	actDouble
	actStray
	actWake
	actNudge
	actLedgerSeen
	actBreak
	actElect
	actDepose
	actCrash
	actAsk
	actTick
	actPeople
	actHear
)

// enabled appends everything that can happen next.
func (w *world) enabled(actions []action) []action {
	if w.truth.lost || w.truth.appends >= int(w.cfg.budget.appends) {
		return actions
	}
	for i := range w.procs {
		actions = w.enabledFor(uint8(i), actions)
	}
	for k := range w.strays {
		actions = append(actions, action{actStray, uint8(k), 0, 0})
	}
	for k := range w.cfg.commands {
		if !w.mayAsk(k) {
			continue
		}
		for i, p := range w.procs {
			if p.elected {
				actions = append(actions, action{actAsk, uint8(i), uint8(k), 0})
			}
		}
	}
	if w.left.ticks > 0 {
		actions = append(actions, action{actTick, 0, 0, 0})
	}
	return w.enabledRepair(w.enabledPeople(actions))
}

func (w *world) enabledFor(i uint8, actions []action) []action {
	p := w.procs[i]
	add := func(ok bool, kind, b uint8) {
		if ok {
			actions = append(actions, action{kind, i, b, 0})
		}
	}
	if p.watch != 0 {
		_, ok := w.server.After(p.cursor)
		add(ok && w.cfg.watches, actDeliver, 0)
		add(w.left.breaks > 0 && (ok || !w.cfg.watches), actBreak, 0)
	}
	for k, r := range p.requests {
		k := uint8(k)
		if r.answer != nil {
			add(true, actAnswer, k)
			add(w.left.lost > 0, actLose, k)
			continue
		}
		if writes(r.effect) {
			add(true, actServe, k)
			add(w.left.late > 0, actGiveUp, k)
			add(w.left.doubled > 0, actDouble, k)
		} else {
			add(true, actServeAnswer, k)
			add(true, actServe, k)
			add(w.left.lost > 0, actLose, k)
		}
	}
	add(p.wake != 0, actWake, 0)
	add(p.nudge || p.replica.log.Turn(w.now(int(i))) != journal.Idle && p.replica.log.Turn(w.now(int(i))) == journal.Claim, actNudge, 0)
	add(w.cfg.slow&ledgerReads != 0 && p.ledger != w.server.Ledger.Version, actLedgerSeen, 0)
	add(!p.elected && w.left.elections > 0, actElect, 0)
	add(p.elected && w.left.depositions > 0, actDepose, 0)
	add(w.left.crashes > 0, actCrash, 0)
	return actions
}

// apply returns the world after an action.
func (w *world) apply(a action) *world {
	n := w.clone()
	n.do(a)
	n.bury()
	n.check()
	return n
}

func (w *world) do(a action) {
	w.spins = 0
	i, k := int(a.a), int(a.b)
	switch a.kind {
	case actDeliver:
		w.deliver(i)
	case actServe:
		p := w.own(i)
		p.requests[k].answer = w.serve(p.requests[k].effect, false)
	case actAnswer:
		r := w.remove(i, k)
		w.answer(i, r.answer)
	case actServeAnswer:
		r := w.remove(i, k)
		w.answer(i, w.serve(r.effect, false))
	case actLose:
		w.left.lost--
		r := w.remove(i, k)
		w.answer(i, lost(r.effect))
	case actGiveUp:
		w.left.late--
		r := w.remove(i, k)
		w.strays = append(w.strays, r.effect)
		w.answer(i, lost(r.effect))
	case actDouble:
		w.left.doubled--
		w.serve(w.procs[i].requests[k].effect, false)
	case actStray:
		e := w.strays[i]
		w.strays = slices.Delete(w.strays, i, i+1)
		w.serve(e, true)
	case actWake:
		p := w.own(i)
		call := p.wake
		p.wake = 0
		w.tell(i, Journal{Event: journal.Woken{Call: call}})
	case actNudge:
		w.own(i).nudge = false
		w.tell(i, Woken{})
	case actLedgerSeen:
		w.own(i).ledger = w.server.Ledger.Version
		w.tell(i, Journal{Event: journal.LedgerSeen{Names: w.server.Ledger.Names}})
	case actBreak:
		w.left.breaks--
		w.breakWatch(i)
	case actElect:
		w.left.elections--
		w.elect(i)
	case actDepose:
		w.left.depositions--
		w.depose(i)
	case actCrash:
		w.left.crashes--
		w.crash(i)
	case actAsk:
		w.ask(k, i)
	case actTick:
		w.left.ticks--
		w.clock++
	case actPeople:
		w.people(a)
	case actHear:
		w.hear(i)
	}
}

// remove takes a request from those that wait.
func (w *world) remove(i, k int) request {
	p := w.own(i)
	r := p.requests[k]
	p.requests = slices.Delete(p.requests, k, k+1)
	return r
}

func (w *world) deliver(i int) {
	p := w.own(i)
	c, _ := w.server.After(p.cursor)
	p.cursor = c.Version
	w.tell(i, Journal{Event: journal.Watched{Call: p.watch, Page: *c.Page, Deleted: c.Deleted}})
}

func (w *world) breakWatch(i int) {
	p := w.own(i)
	if c, ok := w.server.After(p.cursor); ok && c.Version < w.server.Version {
		w.reach("a list after a gap")
	}
	call := p.watch
	p.watch = 0
	w.tell(i, Journal{Event: journal.WatchEnded{Call: call}})
}

func (w *world) elect(i int) {
	w.own(i).elected = true
	w.tell(i, Journal{Event: journal.Elected{}})
}

func (w *world) depose(i int) {
	w.own(i).elected = false
	w.tell(i, Journal{Event: journal.Deposed{}})
}

// crash ends a process and begins another one; what it had sent may still arrive, and its
// clients ask again.
func (w *world) crash(i int) {
	for _, r := range w.procs[i].requests {
		if r.answer == nil {
			w.stray(r.effect)
		}
	}
	w.asks = slices.DeleteFunc(w.asks, func(a pendingAsk) bool { return int(a.proc) == i })
	life := int(w.procs[i].name[len(w.procs[i].name)-1]-'0') + 1
	w.start(i, life)
}
