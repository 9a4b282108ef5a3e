package publisher

import (
	"context"
	"strconv"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
)

// reportEvery is how often the journal is told news.
const reportEvery = time.Second

// recordProgress tells the journal news until the context ends. Nothing is told before
// the handler has seen everything that there was at the start.
func (p *Publisher) recordProgress(ctx context.Context, synced func() bool) {
	ticker := p.options.Clock.NewTicker(reportEvery)
	defer ticker.Stop()
	var before uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C():
		}
		if !synced() {
			continue
		}
		now := p.countHandled()
		if now == before {
			p.settle()
		}
		before = now
		p.report()
	}
}

func (p *Publisher) countHandled() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.handled
}

func (p *Publisher) report() {
	p.mu.Lock()
	news, gone := p.tracker.report()
	p.show(gone)
	p.mu.Unlock()
	for namespace, now := range news {
		p.options.Journal.RecordProgress(namespace, now.cursor, int64(now.backlog))
	}
}

// settle brings the cursors up to where the store is. It is right at any time, but reads
// the whole store, so it is for quiet moments.
func (p *Publisher) settle() {
	p.mu.Lock()
	needed := p.tracker.unsettled()
	p.mu.Unlock()
	if !needed {
		return
	}
	// Empty where client-go's gate AtomicFIFO is off: then cursors move with changes
	// alone.
	synced, err := strconv.ParseUint(p.store.LastStoreSyncResourceVersion(), 10, 64)
	if err != nil {
		return
	}
	var stored []version
	for _, object := range p.store.List() {
		r, ok := object.(*v1.Reservation)
		if !ok || !r.Decided() {
			continue
		}
		number, _ := versionOf(r)
		stored = append(stored, version{namespace: r.Namespace, uid: r.UID, number: number})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tracker.settle(stored, synced)
}
