package allocator_test

import (
	"maps"
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
)

// fault lets something go wrong.
func (w *world) fault(p *process) {
	if !w.faulty {
		return
	}
	switch w.rng.IntN(16) {
	case 0:
		if !p.isFrozen() && w.chance(2) {
			w.freeze(p)
		}
	case 1, 2, 3:
		w.strayArrives()
	case 4, 5:
		w.giveUp(p)
	case 6:
		if w.chance(4) && !w.needs(p) {
			w.crash(p, "")
		}
	case 7:
		w.touch()
	case 8, 9:
		w.endWatch(p)
	case 10:
		if w.chance(4) && w.disaster.happened == w.disaster.mended {
			w.note("somebody deletes the ledger")
			w.server.DeleteLedger()
			w.reach.LedgersDeleted++
		}
	case 11:
		if w.chance(4) {
			w.denyUntil = w.now.Add(time.Duration(w.rng.IntN(3000)) * time.Millisecond)
			w.note("the server denies all writes for %s", w.denyUntil.Sub(w.now))
		}
	case 12:
		if w.chance(3) {
			w.touchUntil = w.now.Add(time.Duration(w.rng.IntN(500)) * time.Millisecond)
			w.note("a stranger annotates each page that is written, for %s", w.touchUntil.Sub(w.now))
		}
	case 13:
		if !p.replica.Log().Leading() || w.chance(2) {
			p.setClock()
			w.note("the clock of %s jumps: it is off by %s", p.name, p.offset)
		}
	default:
		w.now = w.now.Add(time.Duration(w.rng.IntN(4000)) * time.Millisecond)
	}
}

// freeze stops a process for a while, sometimes for long; then another is elected.
func (w *world) freeze(p *process) {
	long := 50 + w.rng.IntN(w.length/6)
	if w.rng.IntN(3) > 0 {
		long += w.length * 2 / 3
		if other := w.procs[w.rng.IntN(len(w.procs))]; other != p && !other.elected && !other.isFrozen() {
			other.setElected(true)
		}
	}
	p.freeze(long)
}

// strayArrives lets a request arrive that its sender has given up.
func (w *world) strayArrives() {
	if len(w.stray) == 0 {
		return
	}
	i := w.rng.IntN(len(w.stray))
	e := w.stray[i]
	w.stray = slices.Delete(w.stray, i, i+1)
	w.reach.Strays++
	w.arrive("late", e)
}

// giveUp tells a process that there is no answer, though its request may still arrive.
func (w *world) giveUp(p *process) {
	if len(p.pending) == 0 || p.isFrozen() {
		return
	}
	i := w.rng.IntN(len(p.pending))
	e := p.pending[i].effect
	p.pending = slices.Delete(p.pending, i, i+1)
	w.stray = append(w.stray, e)
	w.note("%s waits no longer for: %s", p.name, effectText{e})
	p.step(allocator.Journal{Event: lostAnswer(w.server.Clone().Serve(e))})
}

// touch changes the metadata of a page.
func (w *world) touch() {
	names := slices.Sorted(maps.Keys(w.server.Pages))
	if len(names) == 0 || w.chance(2) {
		return
	}
	name := names[w.rng.IntN(len(names))]
	w.note("somebody annotates %s", name)
	w.server.Touch(name)
	w.reach.Touched++
	w.judge()
}

func (w *world) endWatch(p *process) {
	if p.watch == 0 || p.isFrozen() || w.needs(p) || w.chance(2) {
		return
	}
	w.note("the watch of %s ends", p.name)
	call := p.watch
	p.watch = 0
	w.reach.Gaps++
	p.step(allocator.Journal{Event: journal.WatchEnded{Call: call}})
}

// crash ends a process. What it had sent may still arrive; another takes its place.
func (w *world) crash(p *process, when string) {
	w.note("%s crashes %s", p.name, when)
	w.reach.Crashes++
	for _, s := range p.pending {
		if w.chance(2) {
			w.stray = append(w.stray, s.effect)
		}
	}
	for call, a := range w.asks {
		if a.process == p {
			a.wish.crashed = true
			delete(w.asks, call)
		}
	}
	*p = *w.newProcess()
}
