package allocator

import (
	"slices"
)

// elect makes a process believe that it leads.
func (w *modelWorld) elect(p *modelProcess) {
	p.elected = true
	w.dispatch(p, Elected{})
	for _, kind := range [2]modelKind{kindCart, kindItem} {
		for _, o := range p.seen[kind] {
			if o != nil {
				w.trigger(p, o)
			}
		}
	}
}

// depose ends the belief: all that goes on ends, but for requests under way.
func (w *modelWorld) depose(p *modelProcess) {
	calls := w.kill(p)
	p.elected = false
	for _, r := range slices.Clone(p.state.queue) {
		for _, call := range r.calls {
			if slices.Contains(calls, call) {
				w.dispatch(p, CallDropped{Call: call, UID: r.uid})
			}
		}
	}
	w.dispatch(p, Deposed{})
}

// kill ends the tasks of a process and returns the calls that they waited for.
// Writes that did not arrive yet may still do so.
func (w *modelWorld) kill(p *modelProcess) (calls []uint64) {
	for i, t := range p.tasks {
		if t == nil {
			continue
		}
		for _, sub := range t.subs {
			w.orphan(sub.request)
		}
		if t.call > 0 {
			calls = append(calls, t.call)
		}
		p.tasks[i] = nil
	}
	p.tasks = p.tasks[:slotItem+1]
	p.dirty, p.wakes = 0, nil
	if w.cfg.items {
		p.dirty = 1 << slotItem // the next to lead looks at it
	}
	return calls
}

// orphan leaves a write under way that nobody waits for.
func (w *modelWorld) orphan(r *modelRequest) {
	if r != nil && r.writes() && !r.served {
		w.orphans = append(slices.Clip(w.orphans), r)
	}
}

// crash ends a process and starts its successor: with a list of what is stored,
// or of what the old process had last seen.
func (w *modelWorld) crash(i int, stale bool) {
	old := w.own(i)
	w.kill(old)
	p := newModelProcess(i, old.life+1)
	p.clock, p.late = old.clock, old.late
	p.cursor, p.seen = old.cursor, old.seen
	if !stale {
		p.cursor, p.seen = w.store.version, w.store.current
	}
	w.procs[i] = p
	for kind := range kinds {
		for _, o := range p.seen[kind] {
			if o != nil {
				w.feed(p, o)
			}
		}
	}
}

// expire lets the clock of a process pass the end of every hold.
func (w *modelWorld) expire(p *modelProcess) {
	p.clock += lateBy
	for i := range p.wakes {
		p.wakes[i] += lateBy
	}
	p.late = true
	for _, o := range p.seen[kindCart] {
		if o != nil && p.elected {
			w.trigger(p, o)
		}
	}
}

// wake lets the clock of a process pass to the next Woken.
func (w *modelWorld) wake(p *modelProcess) {
	p.clock = max(p.clock, p.wakes[0])
	p.wakes = p.wakes[1:]
	w.dispatch(p, Woken{})
}
