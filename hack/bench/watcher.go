package main

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/fields"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// watcher tells clients that write Reservation objects when these have come to
// something. All clients share one informer, as the parts of one program would.
type watcher struct {
	lab       *lab
	namespace string
	cancel    context.CancelFunc
	ended     chan struct{}

	mu    sync.Mutex
	wants map[string]want
}

// want is what a client waits for.
type want struct {
	done func(*v1.Reservation) bool
	met  chan *v1.Reservation
}

// watching are clients that write Reservations to a namespace and wait for what
// becomes of them.
type watching struct {
	*lab
	namespace string
	outcomes  *watcher
}

func (w *watching) begin(ctx context.Context) (err error) {
	w.outcomes, err = w.watch(ctx, w.namespace)
	return err
}

func (w *watching) end() {
	if w.outcomes != nil {
		w.outcomes.stop()
		w.outcomes = nil
	}
}

func (w *watching) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	return w.outcomes.reserve(ctx, id, items)
}

func (w *watching) release(ctx context.Context, name string) error {
	return w.outcomes.release(ctx, name)
}

// watch begins to follow a namespace.
func (l *lab) watch(ctx context.Context, namespace string) (*watcher, error) {
	w := &watcher{lab: l, namespace: namespace, ended: make(chan struct{}), wants: map[string]want{}}
	informers, err := cache.New(l.config, cache.Options{
		Scheme:            l.scheme,
		DefaultNamespaces: map[string]cache.Config{namespace: {}},
		DefaultTransform:  cache.TransformStripManagedFields(),
		// Who waits for an outcome need not hear of carts that have none.
		DefaultFieldSelector: fields.AndSelectors(
			fields.OneTermNotEqualSelector("status.phase", ""),
			fields.OneTermNotEqualSelector("status.phase", string(v1.PhasePending)),
		),
	})
	if err != nil {
		return nil, err
	}
	informer, err := informers.GetInformer(ctx, &v1.Reservation{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { w.seen(object.(*v1.Reservation)) },
		UpdateFunc: func(_, object any) { w.seen(object.(*v1.Reservation)) },
	})
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w.cancel = cancel
	go func() {
		defer close(w.ended)
		_ = informers.Start(running)
	}()
	if !informers.WaitForCacheSync(ctx) {
		return nil, fmt.Errorf("the watch of namespace %s did not begin: %w", namespace, ctx.Err())
	}
	return w, nil
}

func (w *watcher) stop() {
	w.cancel()
	<-w.ended
}

func (w *watcher) seen(r *v1.Reservation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wanted, ok := w.wants[r.Name]
	if ok && wanted.done(r) {
		delete(w.wants, r.Name)
		wanted.met <- r
	}
}

// after does something to a Reservation and waits until it has come to what is
// wanted.
func (w *watcher) after(ctx context.Context, name string, done func(*v1.Reservation) bool, do func() error) (*v1.Reservation, error) {
	met := make(chan *v1.Reservation, 1)
	w.mu.Lock()
	w.wants[name] = want{done, met}
	w.mu.Unlock()
	if err := do(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case r := <-met:
		return r, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("reservation %s/%s came to nothing: %w", w.namespace, name, ctx.Err())
	}
}

// reserve makes a Reservation and waits for its outcome.
func (w *watcher) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	r, err := w.after(ctx, id, (*v1.Reservation).Decided, func() error {
		return w.lab.admin.Create(ctx, newReservation(w.namespace, id, items))
	})
	if err != nil {
		return "", false, err
	}
	return r.Name, r.WasReserved(), nil
}

// release asks for the units and waits until they are back.
func (w *watcher) release(ctx context.Context, name string) error {
	final := func(r *v1.Reservation) bool { return r.CurrentPhase().Final() }
	_, err := w.after(ctx, name, final, func() error {
		r := &v1.Reservation{}
		r.Namespace, r.Name = w.namespace, name
		return w.lab.admin.Patch(ctx, r, intendRelease())
	})
	return err
}

// awaitStock waits until every StockItem of a namespace is shown by its
// operator.
func (l *lab) awaitStock(ctx context.Context, namespace string, serves func(*v1.StockItem) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 20*patience) // of 100,000 items
	defer cancel()
	for {
		if err := l.quiet(ctx); err != nil { // a list of all is dear
			return err
		}
		var items v1.StockItemList
		if err := l.admin.List(ctx, &items, client.InNamespace(namespace)); err != nil {
			return err
		}
		shown := 0
		for i := range items.Items {
			if serves(&items.Items[i]) {
				shown++
			}
		}
		if shown == len(items.Items) {
			return nil
		}
		if err := pause(ctx, settleTime); err != nil {
			return fmt.Errorf("%d of %d stock items of namespace %s are shown: %w", shown, len(items.Items), namespace, err)
		}
	}
}
