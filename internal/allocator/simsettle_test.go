package allocator_test

import (
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
)

// settle ends the faults. The processes get some time; then one has to lead, everybody
// has to know the same and to have an answer.
func (w *world) settle() {
	for len(w.stray) > 0 && w.failure == "" {
		w.strayArrives()
	}
	w.note("—— the faults end ——")
	w.faulty, w.denyUntil, w.touchUntil = false, time.Time{}, time.Time{}
	leader := w.procs[w.rng.IntN(len(w.procs))]
	for _, p := range w.procs {
		p.thaw()
		if p.elected != (p == leader) {
			p.setElected(p == leader)
		}
		if p.offset < -time.Second { // nobody waits for what a clock does not reach
			p.offset = -time.Second
		}
	}
	for round := range 1500 {
		if w.failure != "" || round > 12 && w.settled(leader) {
			break
		}
		w.round(leader, round)
	}
	if w.failure == "" {
		w.judgeEnd(leader)
		w.archive.end()
	}
}

// round lets everything arrive that is on its way, and everybody do what they have to.
func (w *world) round(leader *process, round int) {
	w.now = w.now.Add(20 * time.Millisecond)
	w.askForRepair()
	for _, p := range w.procs {
		for range len(p.pending) {
			w.serve(p)
		}
		for range len(p.answers) {
			p.answer()
		}
		for p.from < len(w.server.Changes) && p.watch != 0 {
			p.deliver()
		}
		p.step(allocator.Journal{Event: journal.LedgerSeen{Names: w.server.Ledger.Names}})
		if p != leader {
			w.leaveAll(p)
		}
	}
	if !leader.elected && !w.resting {
		leader.setElected(true)
	}
	if p := leader; p.leads {
		p.watchStock()
		p.takeStock(len(w.stock.log))
		p.feed()
		p.publish(100)
		for _, o := range w.stock.live() {
			w.stock.showOne(p, o)
		}
		if round%10 == 0 {
			w.askAll(p)
		}
	}
}

// leaveAll lets those go away who wait at a process that does not lead.
func (w *world) leaveAll(p *process) {
	for _, call := range sortedKeys(w.asks) {
		if w.asks[call].process == p {
			p.drop(call)
		}
	}
}

// askAll lets everybody ask the leader who has no answer and is not waiting there.
func (w *world) askAll(p *process) {
	waiting := map[*wish]bool{}
	for _, a := range w.asks {
		waiting[a.wish] = true
	}
	for _, wish := range w.wishes {
		if !wish.answered && !waiting[wish] && !wish.given {
			w.ask(p, wish)
		}
	}
}

// settled tells whether nothing is left to be done.
func (w *world) settled(leader *process) bool {
	if !leader.leads || len(w.asks) > 0 || leader.stock().Marks().Published != leader.stock().Marks().Outcomes {
		return false
	}
	for _, p := range w.procs {
		if p.replica.Log().Stage() == "damaged" || w.policy.Limit == 0 && (!w.atEnd(p) || len(p.pending) > 0) {
			return false
		}
	}
	return !slices.ContainsFunc(w.wishes, func(wish *wish) bool { return !wish.answered && !wish.given }) &&
		w.server.Ledger.Names == leader.replica.Log().Identity()
}

// rest lets a leader stop whose log is at so small a bound that compaction makes by itself
// what it has to compact next: batches here are not small against the bound.
func (w *world) rest(leader *process) {
	if w.resting = w.policy.Limit > 0; !w.resting {
		return
	}
	leader.setElected(false)
	for range 20 {
		w.round(leader, 1)
	}
}

// judgeEnd says what is not as it has to be in the end.
func (w *world) judgeEnd(leader *process) {
	log := leader.replica.Log()
	if !log.Leading() {
		w.failf("%s does not lead though nothing is in its way: it is %s", leader.name, log.Stage())
		return
	}
	w.rest(leader)
	for _, p := range w.procs {
		if p.replica.Log().Position() != log.Position() {
			w.failf("%s (%s) is at %+v, the leader at %+v", p.name, p.replica.Log().Stage(), p.replica.Log().Position(), log.Position())
		}
		if p.stock().Marks() != w.books.marks {
			w.failf("%s knows of %s, the journal says %s", p.name, wordText{p.stock().Marks()}, wordText{w.books.marks})
		}
		w.followed(p)
	}
	if w.server.Ledger.Names != log.Identity() {
		w.failf("the ledger names %+v, not %+v", w.server.Ledger.Names, log.Identity())
	}
	for _, call := range sortedKeys(w.asks) {
		w.failf("%d (%s) has no answer from %s, where %d wait", call, wordText{w.asks[call].request}, leader.name, leader.replica.Waiting())
	}
	for _, wish := range w.wishes {
		if !wish.answered && !wish.given {
			w.failf("nobody has answered %s", wordText{wish.request})
		}
	}
	if n := len(w.delivered); n != len(w.books.outcomes) || leader.stock().Marks().Published != uint64(n) {
		w.failf("%d of %d outcomes were delivered, the journal says %d", n, len(w.books.outcomes), leader.stock().Marks().Published)
	}
}
