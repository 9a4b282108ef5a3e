package allocator

import (
	"slices"
)

// actionKind is what may happen next.
type actionKind uint8

const (
	// actDeliver: a watch delivers its next change.
	actDeliver actionKind = iota
	// actServe: a request reaches the store. A read is answered at once, unless
	// the configuration says otherwise.
	actServe
	// actAnswer: the answer of a request arrives.
	actAnswer
	// actLose: the client gives a write up; it may have landed, or land later, or
	// never.
	actLose
	// actGarble: a write that landed is answered with a conflict, since it was
	// sent again on the way.
	actGarble
	// actOrphan: a write that was given up lands.
	actOrphan
	// actReconcile: a reconciler runs.
	actReconcile
	// actWake: time passes until the next Woken.
	actWake
	actUser
	actElect
	actDepose
	// actCrash: a process dies and starts again, with what is stored now or what
	// it had seen last.
	actCrash
	// actExpire: time passes until all holds run out.
	actExpire
)

// action is something that may happen; what its numbers mean depends on kind.
type action struct {
	kind    actionKind
	a, b, c uint8
}

// enabled is all that may happen in a state.
func (w *modelWorld) enabled(list []action) []action {
	add := func(kind actionKind, a, b, c int) {
		list = append(list, action{kind, uint8(a), uint8(b), uint8(c)})
	}
	for i, p := range w.procs {
		for kind := range kinds {
			if p.cursor[kind] < w.store.version[kind] && (w.calm || w.cfg.watches[kind]) {
				add(actDeliver, i, int(kind), 0)
			}
		}
		for slot, t := range p.tasks {
			if t == nil {
				continue
			}
			for sub, s := range t.subs {
				if s.request != nil {
					w.enabledFor(add, i, slot, sub, t, s.request)
				}
			}
		}
		for slot := range slotItem + 1 {
			if p.elected && p.dirty&(1<<slot) != 0 && p.tasks[slot] == nil {
				add(actReconcile, i, slot, 0)
			}
		}
	}
	for i := range w.orphans {
		add(actOrphan, i, 0, 0)
	}
	for i, p := range w.procs {
		if len(p.wakes) > 0 && (w.calm || w.cfg.clocks) {
			add(actWake, i, 0, 0)
		}
	}
	if !w.calm {
		w.enabledFaults(add)
	}
	return list
}

func (w *modelWorld) enabledFor(add func(actionKind, int, int, int), p, slot, sub int, t *modelTask, r *modelRequest) {
	switch {
	case r.served:
		add(actAnswer, p, slot, sub)
	case !t.seizes || w.calm || w.left.takeOvers > 0:
		add(actServe, p, slot, sub)
	}
	if w.calm || w.left.faults == 0 || !r.writes() {
		return
	}
	add(actLose, p, slot, sub)
	if r.served && r.answer.err == nil {
		add(actGarble, p, slot, sub)
	}
}

// enabledFaults are what users, the election and crashes may do.
func (w *modelWorld) enabledFaults(add func(actionKind, int, int, int)) {
	for i, u := range w.cfg.users {
		if w.used&(1<<i) == 0 && u.can(w) {
			add(actUser, i, 0, 0)
		}
	}
	for i, p := range w.procs {
		if !p.elected && w.left.elections > 0 {
			add(actElect, i, 0, 0)
		}
		if p.elected && w.left.depositions > 0 {
			add(actDepose, i, 0, 0)
		}
		if w.left.crashes > 0 && p.elected {
			add(actCrash, i, 0, 0)
			if p.cursor != w.store.version {
				add(actCrash, i, 1, 0)
			}
		}
		if !p.late && w.left.expiries > 0 {
			add(actExpire, i, 0, 0)
		}
	}
}

// apply is the state after something happened in w.
func (w *modelWorld) apply(a action) *modelWorld {
	n := w.clone()
	n.happen(a)
	n.eager()
	return n
}

func (w *modelWorld) happen(a action) {
	switch a.kind {
	case actDeliver:
		p := w.own(int(a.a))
		o := w.store.next(modelKind(a.b), p.cursor[a.b])
		p.cursor[a.b] = o.version
		w.see(p, o)
	case actServe:
		w.reach(w.own(int(a.a)), int(a.b), int(a.c))
	case actAnswer:
		p := w.own(int(a.a))
		w.answered(p, int(a.b), int(a.c), p.tasks[a.b].subs[a.c].request.answer)
	case actLose:
		w.left.faults--
		p := w.own(int(a.a))
		w.orphan(p.tasks[a.b].subs[a.c].request)
		w.answered(p, int(a.b), int(a.c), modelAnswer{err: errModelUnknown})
	case actGarble:
		w.left.faults--
		w.answered(w.own(int(a.a)), int(a.b), int(a.c), modelAnswer{err: errModelConflict})
	case actOrphan:
		r := w.orphans[a.a]
		w.orphans = slices.Delete(slices.Clone(w.orphans), int(a.a), int(a.a)+1)
		w.serve(r)
	case actReconcile:
		w.reconcile(w.own(int(a.a)), int(a.b))
	case actWake:
		w.wake(w.own(int(a.a)))
	case actUser:
		w.used |= 1 << a.a
		w.cfg.users[a.a].do(w)
	case actElect:
		w.left.elections--
		w.elect(w.own(int(a.a)))
	case actDepose:
		w.left.depositions--
		w.depose(w.own(int(a.a)))
	case actCrash:
		w.left.crashes--
		w.crash(int(a.a), a.b == 1)
	case actExpire:
		w.left.expiries--
		w.expire(w.own(int(a.a)))
	}
}

// reach lets a request reach the store.
func (w *modelWorld) reach(p *modelProcess, slot, sub int) {
	t := p.tasks[slot]
	r := t.subs[sub].request
	if t.seizes && !w.calm {
		w.left.takeOvers--
	}
	answer := w.serve(r)
	if !r.writes() && !w.cfg.slowReads {
		w.answered(p, slot, sub, answer)
		return
	}
	served := *r
	served.served, served.answer = true, answer
	c := t.clone()
	c.subs[sub].request = &served
	p.tasks[slot] = c
}

// eager answers reads of what never changes in this configuration. They could
// be answered at any other time as well, with the same answer and the same
// effect, so nothing is lost by doing it at once.
func (w *modelWorld) eager() {
	for again := true; again; {
		again = false
		for i, p := range w.procs {
			for slot, t := range p.tasks {
				if t == nil {
					continue
				}
				for sub, s := range t.subs {
					if r := s.request; r != nil && !r.writes() && w.cfg.static[r.kind] {
						p = w.own(i)
						w.answered(p, slot, sub, w.serve(r))
						again = true
						break
					}
				}
				if again {
					break
				}
			}
		}
	}
}
