package allocator

import "github.com/acme/inventory-service/internal/journal"

// calm lets everything go on without faults until nothing happens any more.
func (w *world) calm() {
	for range 400 {
		busy := false
		for i := range w.procs {
			busy = w.proceed(i) || busy
		}
		if !busy || w.failure != "" {
			return
		}
	}
	w.fail("it never comes to rest: %s: %v", w.picture(), w.procs[0].requests)
}

// proceed does one thing for a process, if there is any.
func (w *world) proceed(i int) bool {
	p := w.procs[i]
	_, seen := w.server.After(p.cursor)
	switch {
	case p.watch != 0 && seen:
		w.deliver(i)
	case len(p.requests) > 0 && p.requests[0].answer == nil:
		w.do(action{actServe, uint8(i), 0, 0})
	case len(p.requests) > 0:
		w.do(action{actAnswer, uint8(i), 0, 0})
	case p.ledger != w.server.Ledger.Version:
		w.do(action{actLedgerSeen, uint8(i), 0, 0})
	case p.heard != w.annotation:
		w.hear(i)
	case p.nudge || p.replica.log.Turn(w.now(i)) == journal.Claim:
		w.do(action{actNudge, uint8(i), 0, 0})
	default:
		return false
	}
	w.check()
	return true
}

// settled is what becomes of a world without more faults: one process is elected for good.
// Everybody has to learn the same, and whoever asked has to be answered.
func (w *world) settled() *world {
	n := w.clone()
	if n.truth.lost {
		return n
	}
	n.left = budget{appends: 255}
	n.strays = nil
	n.finishNamespace()
	for i := range n.procs {
		p := n.own(i)
		if p.elected != (i == 0) {
			if i == 0 {
				n.elect(0)
			} else {
				n.depose(i)
			}
		}
		if p = n.own(i); p.watch != 0 && !n.cfg.watches {
			n.breakWatch(i)
		}
	}
	n.calm()
	if n.failure != "" || n.truth.lost {
		return n
	}
	if n.truth.meddled && n.cfg.budget.annotations > 0 && n.server.Ledger.Names != (journal.Identity{}) && !n.mended() {
		n.fail("nobody leads, whatever people ask for: %s", n.picture())
	}
	if n.truth.meddled {
		return n
	}
	for i, p := range n.procs {
		if i == 0 && !p.replica.log.Leading() {
			n.fail("%s does not lead, though nothing is in its way: it is %s", p.name, p.replica.log.Stage())
		}
		if p.replica.log.Position() != n.procs[0].replica.log.Position() {
			n.fail("%s is at %+v, the leader at %+v", p.name, p.replica.log.Position(), n.procs[0].replica.log.Position())
		}
	}
	for _, a := range n.asks {
		if a.proc == 0 && !n.parked(a) {
			n.fail("%q is never answered", n.cfg.commands[a.command].name)
		}
	}
	return n
}

// finishNamespace lets a namespace that is being deleted go, and makes it again.
func (w *world) finishNamespace() {
	for w.server.Namespace.Terminating || w.server.Namespace.UID == "" {
		for _, name := range w.pageNames() {
			w.deleted(name)
		}
		actions := w.enabledNamespace(nil)
		w.people(actions[0])
	}
}

// parked tells whether a command waits for a StockItem to be shown.
func (w *world) parked(a pendingAsk) bool {
	for _, k := range w.procs[a.proc].replica.parked {
		if k.call == call(int(a.command), a.nth) {
			return true
		}
	}
	return false
}
