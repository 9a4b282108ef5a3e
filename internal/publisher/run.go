package publisher

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Start publishes until the context ends, and returns when everything it started has
// ended. It may be called once.
func (p *Publisher) Start(ctx context.Context) error {
	informer, err := p.informer(ctx)
	if err != nil {
		return err
	}
	if err := p.resume(ctx); err != nil {
		return err
	}
	p.store, p.lastSync = informer.GetStore(), informer.LastSyncResourceVersion
	p.openQueue()
	defer p.queue.ShutDown()
	defer hide()

	handler, err := informer.AddEventHandler(follower{p})
	if err != nil {
		return fmt.Errorf("following the Reservations: %w", err)
	}
	var running sync.WaitGroup
	if p.sink != nil {
		p.log.V(1).Info("publishing outcomes", "sink", p.sink.label)
		for range p.options.Workers {
			running.Go(func() { p.work(ctx) })
		}
	}
	running.Go(func() { p.recordProgress(ctx, handler.HasSynced) })

	<-ctx.Done()
	p.queue.ShutDown()
	running.Wait()
	if handler.HasSynced() {
		p.settle()
		p.report()
	}
	return toolscache.ShutDownEventHandler(informer, handler)
}

func (p *Publisher) openQueue() {
	p.queue = workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[types.UID]{
		Name:  "publisher",
		Clock: p.options.Clock,
	})
}

// informer gets the informer of Reservations and waits until it has synced.
func (p *Publisher) informer(ctx context.Context) (toolscache.SharedIndexInformer, error) {
	found, err := p.options.Cache.GetInformer(ctx, &v1.Reservation{})
	if err != nil {
		return nil, fmt.Errorf("following the Reservations: %w", err)
	}
	informer, ok := found.(toolscache.SharedIndexInformer)
	if !ok {
		return nil, fmt.Errorf("following the Reservations: a %T has no single order of events: let the cache hold all namespaces", found)
	}
	return informer, nil
}

// resume reads where the publisher before this one stood.
//
// A cursor above its own StockLedger's resourceVersion cannot have been written to
// this API server: the ledger came from another one. It counts as none. The ledger is
// the yardstick rather than the informer, which may be behind the write of the cursor.
func (p *Publisher) resume(ctx context.Context) error {
	var ledgers v1.StockLedgerList
	if err := p.options.Cache.List(ctx, &ledgers); err != nil {
		return fmt.Errorf("reading the cursors from the StockLedgers: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range ledgers.Items {
		ledger := &ledgers.Items[i]
		if ledger.Name != v1.LedgerName {
			continue
		}
		cursor, err := strconv.ParseUint(ledger.Status.Cursor, 10, 64)
		written, ok := versionOf(ledger)
		if err != nil || !ok || cursor > written {
			cursor = 0
		}
		p.tracker.resume(ledger.Namespace, progress{cursor: cursor, backlog: int(ledger.Status.Totals.Backlog)})
	}
	return nil
}
