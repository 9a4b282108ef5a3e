package allocator

import (
	"errors"

	"github.com/acme/inventory-service/internal/journal"
)

var errLost = errors.New("no answer")

func callOf(e journal.Effect) uint64 {
	switch e := e.(type) {
	case journal.List:
		return e.Call
	case journal.Get:
		return e.Call
	case journal.Put:
		return e.Call
	case journal.Create:
		return e.Call
	case journal.ReadNamespace:
		return e.Call
	case journal.ReadLedger:
		return e.Call
	case journal.CreateLedger:
		return e.Call
	case journal.NameLedger:
		return e.Call
	default:
		panic("no request")
	}
}

// writes tells whether a request changes anything.
func writes(e journal.Effect) bool {
	switch e.(type) {
	case journal.Put, journal.Create, journal.CreateLedger, journal.NameLedger:
		return true
	default:
		return false
	}
}

// lost is what the sender of a request learns whose answer was lost.
func lost(e journal.Effect) journal.Event {
	call := callOf(e)
	switch e.(type) {
	case journal.List:
		return journal.Listed{Call: call, Err: errLost}
	case journal.Get:
		return journal.Got{Call: call, Err: errLost}
	case journal.Put:
		return journal.Wrote{Call: call, Result: journal.Unknown, Err: errLost}
	case journal.Create:
		return journal.Created{Call: call}
	case journal.ReadNamespace:
		return journal.NamespaceRead{Call: call, Err: errLost}
	default:
		return journal.LedgerRead{Call: call, Err: errLost}
	}
}

// serve lets a request arrive; the oracle looks at what it changes.
func (w *world) serve(effect journal.Effect, late bool) journal.Event {
	put, ok := effect.(journal.Put)
	if !ok {
		return w.server.Serve(effect)
	}
	before := w.server.Pages[put.Page.Name]
	answer := w.server.Serve(effect)
	wrote := answer.(journal.Wrote)
	switch {
	case wrote.Result == journal.Stored && (put.Page.Emptied || put.Page.Number == 0):
		w.reach("a page is emptied")
		w.truth.emptied(w, before)
	case wrote.Result == journal.Stored:
		if late {
			w.reach("a write lands that was given up")
		}
		w.truth.appended(w, before, wrote.Page)
	case wrote.Result == journal.Rejected:
		w.reach("a write is refused for good")
	case put.Page.Emptied:
		w.reach("an emptying meets a conflict")
	case wrote.Result == journal.Conflicted && before.Token == put.Page.Token:
		w.reach("a write meets a conflict with itself")
	case wrote.Result == journal.Conflicted:
		w.reach("an append meets a conflict")
	}
	return answer
}

// stray keeps a request that its sender has given up.
func (w *world) stray(e journal.Effect) {
	if writes(e) {
		w.strays = append(w.strays, e)
	}
}

// bury drops strays that can never change anything.
func (w *world) bury() {
	rest := w.strays[:0:0]
	for _, e := range w.strays {
		if w.mayLand(e) {
			rest = append(rest, e)
		}
	}
	w.strays = rest
}

func (w *world) mayLand(e journal.Effect) bool {
	switch e := e.(type) {
	case journal.Put:
		p := w.server.Pages[e.Page.Name]
		return p != nil && p.UID == e.Page.UID && p.Version == e.Page.Version
	case journal.NameLedger:
		return w.server.Ledger.Version == e.Version
	case journal.Create:
		return w.server.Pages[e.Name] == nil || w.left.deletions > 0 || w.left.namespaces > 0 || w.server.Namespace.Terminating
	default:
		return w.server.Ledger.Version == 0 || w.left.ledgers > 0 || w.left.namespaces > 0 || w.server.Namespace.Terminating
	}
}
