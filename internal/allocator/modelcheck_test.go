package allocator

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// check looks at a world after an action: whoever has read all of the journal has the State
// that a process has which has just started.
func (w *world) check() {
	t := &w.truth
	if w.failure != "" || t.identity == (journal.Identity{}) {
		return
	}
	if w.allGone() {
		t.lost = true
		w.reach("all is lost")
		return
	}
	tail := w.server.Pages[t.tail.Name]
	if tail == nil || tail.UID != t.tail.UID || t.harmed {
		return
	}
	var fresh fingerprint
	for _, p := range w.procs {
		l := p.replica.log
		position := l.Position()
		if !l.Following() || position.Page != t.number || position.Digest != t.end || l.Identity() != t.identity {
			continue
		}
		if p.replica.stock.Head() != t.head {
			continue // an append without records is not there yet
		}
		if fresh == (fingerprint{}) {
			fresh = w.freshPrint()
		}
		if w.failure == "" && p.statePrint() != fresh {
			w.fail("%s has read all and has another State than a process that has just started: %s", p.name, w.difference(p.replica.stock))
		}
	}
}

func (w *world) freshPrint() fingerprint {
	key := ""
	for _, name := range w.pageNames() {
		key += w.server.Pages[name].Header.Digest // the last page's says not how earlier ones were cut
	}
	if known, ok := w.cfg.fresh[key]; ok {
		return known
	}
	state, ok := w.replayed()
	if !ok {
		w.fail("a process that has just started cannot read the journal")
		return fingerprint{}
	}
	printed := printOf(state)
	w.cfg.fresh[key] = printed
	return printed
}

// difference shows where a State is another one than that of a process that has just
// started.
func (w *world) difference(s *stock.State) string {
	state, _ := w.replayed()
	var mine, fresh buffer
	if err := errors.Join(s.Dump(&mine), state.Dump(&fresh)); err != nil {
		return err.Error()
	}
	if string(mine) == string(fresh) {
		return "none: the check itself is wrong"
	}
	known := strings.Split(string(fresh), "\n")
	var lines []string
	for _, line := range strings.Split(string(mine), "\n") {
		if at := slices.Index(known, line); at >= 0 {
			known = slices.Delete(known, at, at+1)
			continue
		}
		lines = append(lines, line)
	}
	return fmt.Sprintf("%q and not %q", lines, known)
}

// allGone tells whether people took the journal and its name away: then nobody can know
// that there was one.
func (w *world) allGone() bool {
	if w.server.Namespace.Terminating || w.server.Namespace.UID == "" || w.server.Ledger.Names == w.truth.identity {
		return false
	}
	for _, p := range w.server.Pages {
		if p.Number > 0 {
			return false
		}
	}
	return true
}
