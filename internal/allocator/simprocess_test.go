package allocator_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/outcomes"
)

// process is one operator process: the real Allocator and reconcilers, on caches
// and watches of the world. It leads while it believes so.
type process struct {
	w         *world
	name      string
	allocator *allocator.Allocator
	cache     [kinds]map[string]client.Object
	watches   [kinds]*watch
	publisher *publisher

	// life ends with a crash, lead with the belief to lead.
	life    context.Context
	die     context.CancelFunc
	leading bool
	lead    context.Context
	depart  context.CancelFunc

	// missed says that its watches passed over the end of something.
	missed bool

	carts             *controllers.ReservationReconciler
	deciding, showing *workqueue
	// remembered is what the process knew of the tallies when somebody deleted one.
	remembered map[place]int64
}

const (
	// simRetention is how long the simulated operator keeps what is complete.
	simRetention = 5 * time.Second
	simHold      = time.Minute
	// simHorizon is shorter than most holds, and than the retention.
	simHorizon = time.Second
)

// start starts a process with a view that may be old: the watches go on from
// there.
func (w *world) start(name string) *process {
	p := &process{w: w, name: name}
	p.life, p.die = context.WithCancel(context.Background())
	writer := &apiClient{p: p, who: name + " journal"}
	p.allocator = allocator.Simulated(allocator.Options{
		Client: writer, Reader: writer, Cache: &apiClient{p: p, who: name + " journal", cached: true},
		Name: name, DefaultHold: simHold, Clock: simClock{w: w, who: name},
	})
	board := outcomes.NewBoard()
	for k := range kinds {
		p.cache[k] = map[string]client.Object{}
		p.watches[k] = &watch{p: p, kind: k}
	}
	if _, err := controllers.Feed(p.life, feedManager{p: p}, p.allocator, board); err != nil {
		w.failf("feed: %v", err)
	}
	p.publisher = &publisher{p: p}
	p.reconcile(board)
	behind := 0
	if w.chance(w.scenario.faults.staleStart) {
		behind = w.rng.IntN(20)
	}
	w.logf("%s starts with a view up to %d changes old", name, behind)
	for _, watch := range p.watches {
		watch.relist(max(0, len(w.store.history[watch.kind])-behind))
		for len(watch.listed) > 0 {
			watch.seeListed()
		}
		watch.first = watch.next
		watch.wake()
	}
	return p
}

func (p *process) reconcile(board *outcomes.Board) {
	clock := simClock{w: p.w, who: p.name}
	cached := func(part string) *apiClient { return &apiClient{p: p, who: p.name + " " + part, cached: true} }
	p.carts = &controllers.ReservationReconciler{
		Client:    cached("carts"),
		APIReader: &apiClient{p: p, who: p.name + " carts, live"},
		Allocator: p.allocator,
		Board:     board,
		Retention: controllers.Retention{After: simRetention, Delivered: p.publisher.delivered, Clock: clock},
		Clock:     clock,
		Horizon:   simHorizon,
	}
	item := &controllers.StockItemReconciler{Client: cached("items"), Stock: p.allocator, Clock: clock}
	p.deciding, p.showing = newWorkqueue(p, "carts", p.carts), newWorkqueue(p, "items", item)
}

// elect makes the process believe that it leads.
func (p *process) elect() {
	if p.leading {
		return
	}
	p.w.logf("%s is elected", p.name)
	p.leading = true
	p.lead, p.depart = context.WithCancel(p.life)
	p.publisher.resume()
	p.allocator.Lead(p.lead)
	for _, q := range []*workqueue{p.deciding, p.showing} {
		q.open(p.lead)
	}
	p.sweep(p.lead)
	for _, name := range slices.Sorted(maps.Keys(p.cache[items])) {
		p.showing.add(name)
	}
}

// depose ends the belief. Requests under way may still arrive.
func (p *process) depose() {
	if !p.leading {
		return
	}
	p.w.logf("%s is deposed", p.name)
	p.leading = false
	p.depart()
	p.w.admit()
	p.allocator.Follow()
}

// crash ends the process. Requests under way may still arrive.
func (p *process) crash() {
	p.w.logf("%s crashes", p.name)
	p.leading = false
	p.die()
	for _, watch := range p.watches {
		watch.ended = true
	}
}

// showStale has the StockItems shown whose figures changed, a while later.
func (p *process) showStale() {
	if !p.leading {
		return
	}
	for _, name := range p.allocator.TakeStale(simNamespace) {
		p.w.after(p.w.upTo(p.w.scenario.staleness), func() { p.showing.add(name) })
	}
}

// sweep queues what is due soon, as it does for as long as the process leads.
func (p *process) sweep(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.cache[reservations])) {
		if after, soon := p.carts.Soon(p.cache[reservations][name].(*v1.Reservation)); soon {
			p.w.after(after, func() {
				if ctx.Err() == nil {
					p.deciding.add(name)
				}
			})
		}
	}
	p.w.after(simHorizon/2, func() { p.sweep(ctx) })
}

// notice tells the reconcilers of a change, as their predicates let it pass.
func (p *process) notice(o client.Object) {
	if !p.leading {
		return
	}
	switch o := o.(type) {
	case *v1.Reservation:
		if _, soon := p.carts.Soon(o); soon {
			p.deciding.add(o.Name)
		}
	case *v1.StockItem:
		if o.Status.ObservedGeneration != o.Generation {
			p.showing.add(o.Name)
		}
	}
}

// restart ends a process and starts another in its place.
func (w *world) restart(i int) *process {
	w.processes[i].crash()
	w.admit()
	var n, life int
	_, _ = fmt.Sscanf(w.processes[i].name, "op%d#%d", &n, &life)
	w.processes[i] = w.start(fmt.Sprintf("op%d#%d", n, life+1))
	return w.processes[i]
}
