package allocator

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// process is one operator process: a State, the watches that feed it, a cache,
// and, while it believes that it leads, the reconcilers and the effects.
type process struct {
	w     *world
	name  string
	state *State
	// life ends with a crash, lead with the belief to lead.
	life, lead *group

	calls   uint64
	callers map[uint64]func(Decision)

	reservations map[string]*v1.Reservation
	items        map[string]*v1.StockItem
	deciding     *workqueue
	showing      *workqueue
}

// start starts a process with a view that may be old: the watch goes on from
// there.
func (w *world) start(name string) *process {
	p := &process{
		w: w, name: name,
		state:        NewState(name),
		life:         &group{w: w},
		callers:      map[uint64]func(Decision){},
		reservations: map[string]*v1.Reservation{},
		items:        map[string]*v1.StockItem{},
	}
	from := len(w.store.history)
	if w.chance(0.5) {
		from -= w.rng.IntN(min(from, 30) + 1)
	}
	w.logf("%s starts with a view %d changes old", name, len(w.store.history)-from)
	latest := map[string]change{}
	var order []string
	for _, c := range w.store.history[:from] {
		key := fmt.Sprintf("%T/%s", c.object, c.object.GetName())
		if _, known := latest[key]; !known {
			order = append(order, key)
		}
		latest[key] = c
	}
	for _, key := range order {
		if c := latest[key]; !c.deleted {
			p.see(c)
		}
	}
	watchAll[*v1.Reservation](p, from)
	watchAll[*v1.StockItem](p, from)
	watchAll[*v1.StockTally](p, from)
	watchAll[*v1.StockLedger](p, from)
	return p
}

// watchAll follows the changes of one kind, in order and late.
func watchAll[T client.Object](p *process, from int) {
	p.life.spawn(func(t *task) {
		first := from
		for {
			for from < len(p.w.store.history) {
				c := p.w.store.history[from]
				from++
				if _, ok := c.object.(T); !ok {
					continue
				}
				t.sleep(p.w.upTo(30 * time.Millisecond))
				if p.w.chance(0.02) {
					t.sleep(p.w.upTo(8 * time.Second)) // withheld
				}
				p.see(c)
				if p.w.chance(0.05) {
					// Old news again, past the cache.
					p.feed(p.w.store.history[first+p.w.rng.IntN(from-first)])
				}
			}
			p.w.store.waiters = append(p.w.store.waiters, t.resume)
			t.park()
		}
	})
}

// see puts a change into the cache and tells it to the State and the
// reconcilers.
func (p *process) see(c change) {
	switch o := c.object.(type) {
	case *v1.Reservation:
		if before, ok := p.reservations[o.Name]; ok && before.UID != o.UID {
			p.feed(change{before, true})
		}
		p.reservations[o.Name] = o
		if c.deleted {
			delete(p.reservations, o.Name)
		}
	case *v1.StockItem:
		p.items[o.Name] = o
	}
	p.feed(c)
	if !p.leads() {
		return
	}
	switch o := c.object.(type) {
	case *v1.Reservation:
		p.deciding.add(o.Name)
	case *v1.StockItem:
		p.showing.add(o.Name)
	}
}

// feed tells a change to the State, as the shell does.
func (p *process) feed(c change) {
	switch o := c.object.(type) {
	case *v1.Reservation:
		if c.deleted {
			p.dispatch(ReservationSeen{UID: o.UID, Gone: true})
			return
		}
		p.dispatch(reservationSeen(o))
	case *v1.StockItem:
		p.dispatch(itemSeen(o))
	case *v1.StockTally:
		p.seeTally(o)
	case *v1.StockLedger:
		p.dispatch(LedgerSeen{
			UID: o.UID, Version: versionOf(o.ResourceVersion), Token: o.Status.Token,
			OpenFold: o.Status.OpenFold, Gone: c.deleted,
		})
	}
}

// dispatch applies one event and sets its effects going.
func (p *process) dispatch(e Event) {
	effects := p.state.Step(p.w.now, e)
	changed := p.state.Stock().TakeChanged()
	slices.SortFunc(changed, func(a, b ledger.Key) int {
		return cmp.Or(cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.LocationID, b.LocationID))
	})
	for _, key := range changed {
		for _, name := range p.state.Stock().ItemNames(key) {
			if p.leads() {
				p.lead.later(p.w.upTo(time.Second), func() { p.showing.add(name) })
			}
		}
	}
	for _, effect := range effects {
		if reply, ok := effect.(Reply); ok {
			if caller := p.callers[reply.Call]; caller != nil {
				delete(p.callers, reply.Call)
				caller(reply.Decision)
			}
		} else if p.leads() {
			p.lead.spawn(func(t *task) { p.perform(t, effect) })
		}
	}
}

func (p *process) leads() bool { return p.lead != nil }

// elect makes the process believe that it leads.
func (p *process) elect() {
	p.w.logf("%s is elected", p.name)
	p.lead = &group{w: p.w}
	p.deciding = newWorkqueue(p.lead, p.reconcileReservation)
	p.showing = newWorkqueue(p.lead, p.reconcileItem)
	p.dispatch(Elected{})
	for _, name := range sortedKeys(p.reservations) {
		p.deciding.add(name)
	}
	for _, name := range sortedKeys(p.items) {
		p.showing.add(name)
	}
}

// depose ends the belief. Requests under way may still arrive.
func (p *process) depose() {
	p.w.logf("%s is deposed", p.name)
	p.lead.kill()
	p.lead = nil
	// The callers are gone with their contexts.
	calls := p.callers
	p.callers = map[uint64]func(Decision){}
	for call := range calls {
		for _, r := range p.state.queue {
			if slices.Contains(r.calls, call) {
				p.dispatch(CallDropped{Call: call, UID: r.uid})
				break
			}
		}
	}
	p.dispatch(Deposed{})
}

// crash ends the process. Requests under way may still arrive.
func (p *process) crash() {
	p.w.logf("%s crashes", p.name)
	if p.leads() {
		p.lead.kill()
	}
	p.life.kill()
}

// workqueue reconciles names, each by one task at a time.
type workqueue struct {
	g             *group
	active, dirty map[string]bool
	fails         map[string]int
	run           func(t *task, name string) (again time.Duration, err error)
}

func newWorkqueue(g *group, run func(*task, string) (time.Duration, error)) *workqueue {
	return &workqueue{g: g, active: map[string]bool{}, dirty: map[string]bool{}, fails: map[string]int{}, run: run}
}

func (q *workqueue) add(name string) {
	if q.active[name] {
		q.dirty[name] = true
		return
	}
	q.active[name] = true
	q.g.spawn(func(t *task) {
		for again := true; again; again = q.dirty[name] {
			q.dirty[name] = false
			wait, err := q.run(t, name)
			if err != nil {
				wait = backoff(q.fails[name])
				q.fails[name]++
			} else {
				q.fails[name] = 0
			}
			if wait > 0 {
				q.g.later(wait, func() { q.add(name) })
			}
		}
		q.active[name] = false
	})
}
