package operator

import (
	"errors"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/auditor"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/publisher"
	"github.com/acme/inventory-service/internal/stock"
)

// What is nobody's choice about a journal (docs/performance-notes.md has the measurements).
const (
	// pageFill is the size of a page from which on it is full, pageLimit what it may grow
	// to while no other is free: kube-apiserver takes objects of 1.5 MB at most.
	pageFill, pageLimit = 8 << 10, 512 << 10
	// sparePages keep their content while they are free.
	sparePages = 4
	// batch bounds what is decided at once, in bytes.
	batch = 256 << 10
	// grace is how long nothing is forgotten after its decision, whatever the bound.
	grace = 5 * time.Minute
)

// runner returns the options of each namespace's Runner.
func (p *parts) runner() allocator.RunnerOptions {
	return allocator.RunnerOptions{
		Client: p.pages, Now: p.clock.Now, Gated: true, Load: &p.load,
		Config: journal.Config{
			Self: p.self, Process: p.process,
			Fill: pageFill, MaxPage: pageLimit, Bandwidth: p.o.journalBandwidth, Spare: sparePages,
			WriteFormat: p.o.journalFormat, Pack: journal.Pack,
		},
		Policy: p.policy(),
	}
}

func (p *parts) policy() stock.Policy {
	return stock.Policy{
		Index:     p.o.index(),
		Retention: stock.Time(p.o.retention.Microseconds()), Grace: stock.Time(grace.Microseconds()),
		Limit: p.o.journalLimit, CompactAbove: p.o.journalCompactAbove, Batch: batch,
	}
}

// makeNamespaces makes the namespaces.Set, and what it needs: the client that reads and writes
// pages, the scope, and the clock that watches the API server's Date headers.
func (p *parts) makeNamespaces() (err error) {
	config := rest.CopyConfig(p.GetConfig())
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return p.clock.Transport(next) })
	if p.pages, err = journal.NewClient(config, nil); err != nil {
		return err
	}
	p.oneHold = newOneHold(p.o.oneHoldPerCart, p.o.index())
	scope, err := p.o.worksIn()
	if err != nil {
		return err
	}
	p.namespaces = namespaces.New(namespaces.Options{
		Runner: p.runner(), Scope: scope,
		Read: namespaces.Read(p.GetAPIReader()), Pages: namespaces.Pages(p.GetAPIReader()),
	})
	p.namespaces.Observe(p.oneHold)
	return nil
}

// makePublisher lets the outcomes of each namespace be sent.
func (p *parts) makePublisher() (err error) {
	options, err := p.o.sinks(p.GetConfig())
	if err != nil {
		return err
	}
	options.Client, options.Show = p.GetClient(), p.queue.Demand
	options.Changed = func(namespace string) { p.ledgers.Changed(namespace) }
	if p.outcomes, err = publisher.New(options); err == nil {
		p.namespaces.Observe(p.outcomes)
		p.namespaces.Attend(p.outcomes.Attend)
	}
	return err
}

// makeControllers lets objects be passed on and shown, and audited.
func (p *parts) makeControllers() error {
	reservations := &controllers.ReservationReconciler{
		Client: p.GetClient(), APIReader: p.GetAPIReader(), Namespaces: p.namespaces, Queue: p.queue, Load: &p.load,
		Retention: p.o.retention, Limit: p.o.journalLimit, DefaultHold: p.o.defaultHold, OneHold: p.oneHold.in, IDs: p.o.ids, Now: p.clock.Now, Workers: p.o.workers,
	}
	expiry := &controllers.Expiry{Reader: p.GetAPIReader(), Now: p.clock.Now, IDs: p.o.ids}
	items := &controllers.StockItemReconciler{
		Client: p.GetClient(), APIReader: p.GetAPIReader(), Namespaces: p.namespaces, Now: p.clock.Now, IDs: p.o.ids,
	}
	ledgers := &p.ledgers
	ledgers.APIReader = p.GetAPIReader()
	ledgers.Client, ledgers.Namespaces, ledgers.Self = p.GetClient(), p.namespaces, p.self.Name
	ledgers.Stocked, ledgers.Deliveries = items.Stocked, p.outcomes
	lease, err := p.o.sharedLease()
	if err != nil {
		return err
	}
	if p.o.leaderElect {
		ledgers.Lease = lease.String()
	}
	ledgers.Limit, ledgers.MaxItemSeries, ledgers.Now = p.o.journalLimit, p.o.metrics.items, p.clock.Now
	audits := auditor.New(auditor.Options{
		Pages: p.pages, Reader: p.GetAPIReader(), Clock: clock.RealClock{}, Interval: p.o.auditInterval,
		Busy:    func(string) bool { return p.queue.Waits() || items.Waits() },
		Changed: ledgers.Changed,
		Stale: func(object client.Object) {
			switch o := object.(type) {
			case *v1.Reservation:
				p.queue.Look(o)
			case *v1.StockItem:
				items.Stale(o)
			}
		},
	})
	ledgers.Restores = &controllers.Restores{Client: p.GetClient(), APIReader: p.GetAPIReader(), Changed: ledgers.Changed}
	reservations.Witness, items.Witness, ledgers.Audits = audits, audits, audits
	p.namespaces.OnChange(p.queue.Changed, items.Changed, expiry.Changed)
	p.namespaces.Attend(
		controllers.Ledgers(p.GetClient()), items.Attend, p.queue.Attend, reservations.Attend, expiry.Attend,
		ledgers.Attend, ledgers.Restores.Attend, audits.Attend,
	)
	return errors.Join(reservations.SetupWithManager(p), items.SetupWithManager(p), ledgers.SetupWithManager(p))
}
