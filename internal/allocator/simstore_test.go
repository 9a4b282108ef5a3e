package allocator_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

// itemStore is a process's copy of the StockItems, as its watch has brought them.
type itemStore struct {
	next    int
	version uint64
	items   map[stock.ID]stockObject
}

// watchStock brings some changes of StockItems, or fills the store by a list.
func (p *process) watchStock() {
	if p.isFrozen() {
		return
	}
	some := 1 + p.w.rng.IntN(4)
	if p.store.items == nil || p.w.chance(10) {
		p.store = itemStore{items: map[stock.ID]stockObject{}}
		some = len(p.w.stock.log)
	}
	p.takeStock(some)
}

func (p *process) takeStock(some int) {
	s := &p.store
	for ; some > 0 && s.next < len(p.w.stock.log); some-- {
		c := p.w.stock.log[s.next]
		s.next++
		s.version = c.version
		if c.object.deleted {
			delete(s.items, c.object.UID)
		} else {
			s.items[c.object.UID] = c.object
		}
	}
	if s.next == len(p.w.stock.log) && some > 0 {
		s.version = p.w.server.Version
	}
}

// feed asks for what StockItems say and State does not. It counts only while the store
// has reached what was taken in.
func (p *process) feed() {
	state := p.stock()
	if !p.leads || p.isFrozen() || p.store.items == nil || p.store.version < state.Marks().Items {
		return
	}
	for _, uid := range sortedKeys(p.store.items) {
		o := p.store.items[uid]
		position, _ := state.Figures(uid)
		switch known, ok := state.Item(uid); {
		case !ok || known.Generation < o.Generation || known.TakesOver != o.TakesOver && known.Version < o.Version:
			p.duty(fmt.Sprint("put ", uid, o.Generation, o.TakesOver), &wish{request: stock.PutItem{Item: o.Item, Read: p.store.version}})
		case known.Sellable < known.Offered() && o.observed >= known.Generation && position.Serving && o.serves:
			p.duty(fmt.Sprint("show ", uid), &wish{request: stock.ShowItem{UID: uid, Generation: o.observed}})
		}
	}
	known := slices.SortedFunc(state.Items(), func(a, b stock.Item) int { return cmp.Compare(a.UID, b.UID) })
	for _, i := range known {
		if _, ok := p.store.items[i.UID]; !ok {
			p.duty(fmt.Sprint("drop ", i.UID), &wish{request: stock.DropItem{UID: i.UID, Version: p.store.version, Read: p.store.version}})
		}
	}
}

// duty asks for something that counts only in this term, unless it has been asked for.
func (p *process) duty(about string, wish *wish) {
	if _, ok := p.duties[about]; ok && (!p.w.faulty || !p.w.chance(20)) {
		return
	}
	if call, ok := p.duties[about]; ok {
		p.duties[fmt.Sprint(about, " twice ", call)] = call
	}
	call := p.w.ask(p, wish)
	if _, waits := p.w.asks[call]; waits { // it was not sent away at once
		p.duties[about] = call
	}
}

// done ends a duty.
func (p *process) done(call uint64) {
	maps.DeleteFunc(p.duties, func(_ string, c uint64) bool { return c == call })
}

// leave lets callers go away who have waited long, before anything else happens.
func (p *process) leave() {
	for len(p.callers) > 0 {
		a := p.w.asks[p.callers[0]]
		if a != nil && p.w.now.Sub(a.at) <= patience {
			return
		}
		call := p.callers[0]
		p.callers = p.callers[1:]
		if a != nil {
			p.drop(call)
		}
	}
}

// drop lets the caller of a call go away.
func (p *process) drop(call uint64) {
	delete(p.w.asks, call)
	p.done(call)
	p.w.note("%s: the caller of %d leaves", p.name, call)
	p.answers = slices.DeleteFunc(p.answers, func(r reply) bool {
		asked, ok := r.event.(allocator.Asked)
		return ok && asked.Call == call
	})
	p.step(allocator.Dropped{Call: call})
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
