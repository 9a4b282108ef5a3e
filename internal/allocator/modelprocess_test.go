package allocator

import (
	"fmt"
	"slices"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// modelProcess is one operator process. Its State is the production's; the rest
// is what the shell around it keeps.
type modelProcess struct {
	index, life int
	state       *State
	// ownState says that state is this copy's own, stateKnown that statePrint
	// is that of state.
	ownState, stateKnown bool
	statePrint           imprint

	// clock is the process's own, since modelEpoch.
	clock   time.Duration
	late    bool
	elected bool
	// cursor is what each watch has delivered, seen the cache it feeds.
	cursor [kinds]uint64
	seen   [kinds][modelCarts]*modelObject
	// tasks are what goes on: the reconcilers of the Reservations, that of the
	// StockItem, and then the effects. dirty are the reconcilers that have to run.
	tasks []*modelTask
	dirty uint8
	calls uint64
	// wakes are the times of the Woken that were asked for.
	wakes []time.Duration
}

// slotItem is the slot of the StockItem's reconciler; those of the Reservations
// come before it.
const slotItem = modelCarts

func (p *modelProcess) clone() *modelProcess {
	c := *p
	c.ownState = false
	c.tasks = slices.Clone(p.tasks)
	c.wakes = slices.Clone(p.wakes)
	return &c
}

func (p *modelProcess) name() string { return fmt.Sprintf("%c%d", 'a'+p.index, p.life) }

func (p *modelProcess) now() time.Time { return modelEpoch.Add(p.clock) }

// newProcess starts a process that has seen what seen says.
func newModelProcess(index, life int) *modelProcess {
	p := &modelProcess{index: index, life: life, tasks: make([]*modelTask, slotItem+1)}
	p.state, p.ownState = NewState(p.name()), true
	return p
}

// dispatch applies an event and sets its effects going, as shard.dispatch does.
func (w *modelWorld) dispatch(p *modelProcess, event Event) {
	if !p.ownState {
		p.state, p.ownState = p.state.clone(), true
	}
	p.stateKnown = false
	effects := p.state.Step(p.now(), event)
	if changed := p.state.Stock().TakeChanged(); len(changed) > 0 && w.cfg.items {
		p.dirty |= 1 << slotItem
	}
	for _, effect := range effects {
		switch e := effect.(type) {
		case Reply:
			w.replied(p, e)
		case Wake:
			if p.elected {
				p.wakes = append(p.wakes, p.clock+e.After)
				slices.Sort(p.wakes)
			}
		default:
			if p.elected {
				w.perform(p, effect)
			}
		}
	}
	// A read whose answer is ignored might as well not be.
	for i := slotItem + 1; i < len(p.tasks); i++ {
		if t := p.tasks[i]; t != nil && t.kind == taskRead && t.term != p.state.term {
			p.tasks[i] = nil
		}
	}
}

// see delivers a change to the cache, the State and the reconcilers.
func (w *modelWorld) see(p *modelProcess, o *modelObject) {
	p.seen[o.kind][o.cart] = o
	if o.deleted {
		p.seen[o.kind][o.cart] = nil
	}
	w.feed(p, o)
	w.trigger(p, o)
}

// trigger marks the reconciler that has something to do about an object.
func (w *modelWorld) trigger(p *modelProcess, o *modelObject) {
	switch {
	case o.deleted:
	case o.kind == kindCart && p.elected && p.due(o.rsv):
		p.dirty |= 1 << o.cart
	case o.kind == kindItem && w.cfg.items: // feed.go: somebody may have written it
		p.dirty |= 1 << slotItem
	}
}

func (p *modelProcess) due(r *v1.Reservation) bool {
	action, _ := lifecycle.Due(r, p.now())
	return action != lifecycle.None && action != lifecycle.Await
}

// feed tells a change to the State, as the watches do.
func (w *modelWorld) feed(p *modelProcess, o *modelObject) {
	switch o.kind {
	case kindCart:
		if o.deleted {
			w.dispatch(p, ReservationSeen{UID: o.rsv.UID, Gone: true})
			return
		}
		w.dispatch(p, reservationSeen(o.rsv))
	case kindItem:
		w.dispatch(p, itemSeen(o.item))
	case kindTally:
		if seen, ok := tallySeen(o.tally); ok {
			w.dispatch(p, seen)
		}
	case kindLedger:
		w.dispatch(p, LedgerSeen{
			UID: o.ledger.UID, Version: o.version, Token: o.ledger.Status.Token,
			OpenFold: o.ledger.Status.OpenFold, Gone: o.deleted,
			Edited: !trusted(&Stored{UID: o.ledger.UID, Status: o.ledger.Status}),
		})
	}
}

func (p *modelProcess) print(e *printer, w *modelWorld) {
	if !p.stateKnown {
		p.statePrint, p.stateKnown = p.printState(), true
	}
	e.add(p.statePrint)
	e.num(int64(p.life))
	e.flag(p.elected)
	e.flag(p.late)
	e.buf = append(e.buf, p.dirty)
	for kind := range kinds {
		e.num(int64(w.store.version[kind] - p.cursor[kind]))
		if kind == kindCart || kind == kindItem && w.cfg.items || w.left.crashes > 0 {
			for _, o := range p.seen[kind] {
				e.object(o)
			}
		}
	}
	e.num(int64(len(p.wakes)))
	for _, at := range p.wakes {
		e.num(int64(max(0, at-p.clock)))
	}
	for i, t := range p.tasks {
		if t != nil {
			e.num(int64(min(i, slotItem+1)) + 1)
			t.print(e, p)
		}
	}
	e.num(0)
}

// position is where the StockItem stands.
func (p *modelProcess) position() (ledger.Position, bool) { return p.state.Stock().Position(modelItem) }
