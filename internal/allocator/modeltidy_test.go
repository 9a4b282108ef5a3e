package allocator

import (
	"slices"

	"github.com/acme/inventory-service/internal/journal"
)

// fruitful tells whether a request leads on: what is in vain is sent again after a wait.
func (w *world) fruitful(e journal.Effect) bool {
	admits := w.server.Namespace.UID != "" && !w.server.Namespace.Terminating
	switch e := e.(type) {
	case journal.Create:
		return admits && w.server.Pages[e.Name] == nil
	case journal.CreateLedger:
		return admits
	case journal.Get:
		return e.Delay == 0
	case journal.Put:
		return !e.Page.Emptied || w.mayLand(e)
	default:
		return true
	}
}

// tidy turns requests whose answers nobody waits for into strays.
func (w *world) tidy(i int) {
	p := w.procs[i]
	rest := p.requests[:0:0]
	for _, r := range p.requests {
		switch {
		case p.replica.log.Awaits(callOf(r.effect)):
			rest = append(rest, r)
		case r.answer == nil:
			w.stray(r.effect)
		}
	}
	p.requests = rest
	p.own = slices.DeleteFunc(p.own, func(v uint64) bool { return v <= p.cursor })
	w.skipOwn(p)
}

// skipOwn passes over changes of which the process has been told already.
func (w *world) skipOwn(p *process) {
	for p.watch != 0 {
		c, ok := w.server.After(p.cursor)
		if !ok || c.Deleted || !slices.Contains(p.own, c.Version) {
			return
		}
		p.cursor = c.Version
	}
}

// answer delivers an answer.
func (w *world) answer(i int, event journal.Event) {
	p := w.own(i)
	switch e := event.(type) {
	case journal.Listed:
		if e.Err == nil && p.replica.log.Awaits(e.Call) {
			p.watch, p.cursor, p.own = e.Call, e.Version, nil
		}
	case journal.Wrote:
		if e.Result == journal.Stored {
			p.own = append(p.own, e.Page.Version)
		}
	}
	w.tell(i, Journal{Event: event})
}
