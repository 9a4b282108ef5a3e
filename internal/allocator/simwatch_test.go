package allocator_test

import (
	"context"
	"maps"
	"slices"
	"time"

	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// watch follows the changes of one kind for one process, in order and late. A gap
// in it is closed by a list, which tells the end of a chain of changes only.
type watch struct {
	p    *process
	kind kind
	// first is where the watch began, next where it is.
	first, next int
	// listed is what is still to be seen of a list, up to next.
	listed  []change
	busy    bool
	ended   bool
	handler toolscache.ResourceEventHandler
}

// wake delivers the next change, if there is one and none is on its way.
func (w *watch) wake() {
	world := w.p.w
	if w.busy || w.ended || len(w.listed) == 0 && w.next >= len(world.store.history[w.kind]) {
		return
	}
	f := &world.scenario.faults
	w.busy = true
	delay := world.upTo(30 * time.Millisecond)
	if len(w.listed) > 0 {
		delay = world.upTo(time.Millisecond)
	} else if world.chance(f.withheld) {
		delay += world.upTo(8 * time.Second)
	}
	world.after(delay, func() {
		w.busy = false
		if w.ended {
			return
		}
		if len(w.listed) > 0 {
			w.seeListed()
			w.wake()
			return
		}
		if world.chance(f.relist) {
			world.logf("%s lists every %s anew", w.p.name, kindNames[w.kind])
			w.gap(len(world.store.history[w.kind]))
			w.relist(len(world.store.history[w.kind]))
			w.wake()
			return
		}
		w.next++
		w.see(world.store.history[w.kind][w.next-1])
		w.p.publisher.passed(w.kind, world.store.history[w.kind][w.next-1])
		if world.chance(f.repeated) {
			w.repeat(world.store.history[w.kind][w.first+world.rng.IntN(w.next-w.first)])
		}
		w.wake()
	})
}

// see puts a change into the cache and tells the operator.
func (w *watch) see(c change) {
	known := w.p.cache[w.kind]
	name := c.object.GetName()
	before := known[name]
	switch {
	case c.deleted:
		delete(known, name)
		if before != nil {
			w.handler.OnDelete(c.object)
		}
	case before == nil:
		known[name] = c.object
		w.handler.OnAdd(c.object, false)
	default:
		known[name] = c.object
		w.handler.OnUpdate(before, c.object)
	}
	w.p.publisher.see(w.kind, c)
	w.p.notice(c.object)
}

// repeat tells old news again, past the cache.
func (w *watch) repeat(c change) {
	w.p.w.logf("%s hears of %s version %s again", w.p.name, c.object.GetName(), c.object.GetResourceVersion())
	if c.deleted {
		w.handler.OnDelete(c.object)
		return
	}
	w.handler.OnAdd(c.object, false)
}

// gap notes that a list passes over the end of something that the cache never had.
// The operator may know it from the answer to a write, and is told of its end by
// nobody.
func (w *watch) gap(upTo int) {
	for _, c := range w.p.w.store.history[w.kind][w.next:upTo] {
		known := w.p.cache[w.kind][c.object.GetName()]
		if c.deleted && (known == nil || known.GetUID() != c.object.GetUID()) {
			w.p.missed = true
		}
	}
}

// relist moves on to what was stored after so many changes. What differs from the cache
// is seen one by one, in the order of the list, which is not that of the changes.
func (w *watch) relist(upTo int) {
	latest := map[string]change{}
	for _, c := range w.p.w.store.history[w.kind][:upTo] {
		latest[c.object.GetName()] = c
	}
	w.next = upTo
	for _, name := range slices.Sorted(maps.Keys(latest)) {
		c, before := latest[name], w.p.cache[w.kind][name]
		switch {
		case c.deleted && before != nil:
			w.listed = append(w.listed, change{before, true})
		case !c.deleted && (before == nil || before.GetResourceVersion() != c.object.GetResourceVersion()):
			w.listed = append(w.listed, c)
		}
	}
	if len(w.listed) == 0 {
		w.passed()
	}
}

// seeListed sees the next change of a list.
func (w *watch) seeListed() {
	c := w.listed[0]
	w.listed = w.listed[1:]
	w.see(c)
	if len(w.listed) == 0 {
		w.passed()
	}
}

// passed tells the publisher that it has seen all up to next.
func (w *watch) passed() {
	if w.next > 0 {
		w.p.publisher.passed(w.kind, w.p.w.store.history[w.kind][w.next-1])
	}
}

// feedManager is as much of a manager as it takes to feed an Allocator.
type feedManager struct {
	ctrl.Manager
	p *process
}

func (m feedManager) GetCache() cache.Cache { return feedCache{p: m.p} }

type feedCache struct {
	cache.Cache
	p *process
}

func (c feedCache) GetInformer(_ context.Context, o client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	return feedInformer{watch: c.p.watches[kindOf(o)]}, nil
}

type feedInformer struct {
	cache.Informer
	watch *watch
}

func (i feedInformer) AddEventHandler(h toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	i.watch.handler = h
	return nil, nil
}
