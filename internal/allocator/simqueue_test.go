package allocator_test

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// workqueue reconciles names, each by one goroutine at a time, and again after an
// error or when asked to. It is emptied when the process no longer leads.
type workqueue struct {
	p             *process
	what          string
	reconciler    reconcile.Reconciler
	ctx           context.Context
	active, dirty map[string]bool
	fails         map[string]int
}

func newWorkqueue(p *process, what string, r reconcile.Reconciler) *workqueue {
	return &workqueue{p: p, what: what, reconciler: r}
}

func (q *workqueue) open(ctx context.Context) {
	q.ctx = ctx
	q.active, q.dirty, q.fails = map[string]bool{}, map[string]bool{}, map[string]int{}
}

func (q *workqueue) add(name string) {
	if !q.p.leading {
		return
	}
	if q.active[name] {
		q.dirty[name] = true
		return
	}
	q.active[name] = true
	ctx := q.ctx
	q.p.w.after(0, func() { q.run(ctx, name) })
}

// run starts one Reconcile, whose context may end early.
func (q *workqueue) run(ctx context.Context, name string) {
	if ctx.Err() != nil {
		return
	}
	w := q.p.w
	one, cancel := context.WithCancel(ctx)
	if w.chance(w.scenario.faults.dropped) {
		w.after(w.upTo(time.Second), cancel)
	}
	go func() {
		defer cancel()
		result, err := q.reconciler.Reconcile(one, reconcile.Request{
			NamespacedName: types.NamespacedName{Namespace: simNamespace, Name: name},
		})
		if ctx.Err() == nil {
			w.park(parking{q.p.name, "done " + q.what, name, "", func() { q.done(ctx, name, result, err) }})
		}
	}()
}

func (q *workqueue) done(ctx context.Context, name string, result reconcile.Result, err error) {
	if ctx.Err() != nil {
		return
	}
	delete(q.active, name)
	wait := result.RequeueAfter
	if err != nil {
		wait = min(2*time.Second, 5*time.Millisecond<<min(q.fails[name], 10))
		q.fails[name]++
	} else {
		delete(q.fails, name)
	}
	if q.dirty[name] {
		delete(q.dirty, name)
		q.add(name)
	}
	if wait > 0 {
		q.p.w.after(wait, func() {
			if ctx.Err() == nil {
				q.add(name)
			}
		})
	}
}
