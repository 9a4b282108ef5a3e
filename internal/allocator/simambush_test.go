package allocator_test

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// ambush may strike soon after a write has landed: that is when it hurts.
func (w *world) ambush(o client.Object) {
	h := &w.scenario.habits
	chance := 0.0
	switch o := o.(type) {
	case *v1.StockLedger:
		if len(o.Status.InFlight) > 0 {
			chance += h.onBatch
		}
		if o.Status.OpenFold != nil {
			chance += h.onFold
		}
		if meta.IsStatusConditionFalse(o.Status.Conditions, v1.ConditionReady) {
			chance += h.onFence
			if h.drops && chance > h.onFence && w.chance(chance) {
				w.after(w.upTo(60*time.Millisecond), w.orphan)
				return
			}
		}
	case *v1.StockTally:
		chance = h.onTally
		if h.dropTally > 0 && o.Status.LastFold > 0 && w.oneOf(2) {
			w.after(w.upTo(60*time.Millisecond), w.dropTally)
		}
	case *v1.Reservation:
		chance = h.onStatus
		if o.Status.FoldID > 0 {
			chance = h.onFold
		}
	}
	if w.chance(chance) {
		w.after(w.upTo(60*time.Millisecond), w.strike)
	}
}

// strike does the worst that can be done at this moment.
func (w *world) strike() {
	if w.calm {
		return
	}
	h := &w.scenario.habits
	switch w.rng.IntN(8) {
	case 0, 1, 2:
		w.usurp()
	case 3:
		if h.drops {
			w.dropLedger()
		}
		w.usurp()
	case 4:
		if h.edits {
			w.editLedger()
		}
		if w.oneOf(2) {
			w.usurp()
		}
	case 5, 6:
		w.meddle()
	case 7:
		w.touchItem()
	}
}

// orphan takes the ledger away from one who has just taken it over, and has
// others rebuild it while it still finishes what it found.
func (w *world) orphan() {
	if w.calm {
		return
	}
	w.dropLedger()
	w.deposeAll()
	for range 2 {
		w.usurp()
	}
}

// usurp makes somebody lead who did not, or anew.
func (w *world) usurp() {
	i := w.rng.IntN(len(w.processes))
	switch p := w.processes[i]; {
	case !p.leading && !w.scenario.alone:
		p.elect()
	case w.oneOf(2):
		w.deposeAll()
		w.restart(i).elect()
	}
}

func (w *world) deposeAll() {
	if w.scenario.alone {
		for _, p := range w.processes {
			p.depose()
		}
	}
}

// meddle changes or deletes a Reservation that the ledger names.
func (w *world) meddle() {
	l := w.store.ledger()
	if l == nil {
		return
	}
	var named []types.UID
	for _, hold := range l.Status.InFlight {
		named = append(named, hold.UID)
	}
	if l.Status.OpenFold != nil {
		for _, r := range l.Status.OpenFold.Reservations {
			named = append(named, r.UID)
		}
	}
	if len(named) == 0 {
		return
	}
	uid := named[w.rng.IntN(len(named))]
	for i := range w.scenario.carts {
		r := w.store.reservation(id("cart", i))
		if r == nil || r.UID != uid {
			continue
		}
		if r.Spec.Intent == v1.IntentHold && w.oneOf(2) {
			w.changeIntent(r)
		} else {
			w.deleteCart(r)
		}
	}
}

// shake changes who believes to lead, and ends processes.
func (w *world) shake() {
	i := w.rng.IntN(len(w.processes))
	p := w.processes[i]
	switch {
	case w.oneOf(3):
		w.restart(i)
	case p.leading:
		if w.oneOf(2) {
			p.depose()
		}
	default:
		w.deposeAll()
		p.elect()
	}
}
