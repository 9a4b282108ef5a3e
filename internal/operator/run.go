package operator

import (
	"context"
	"errors"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/webhook"
)

// Run runs the operator until ctx ends or one of its parts fails.
func Run(ctx context.Context, o Options) error {
	if err := o.validate(); err != nil {
		return err
	}
	mgr, err := newManager(o)
	if err != nil {
		return err
	}
	p := &parts{Manager: mgr, o: o, clock: &allocator.ServerClock{}, queue: controllers.NewQueue(o.showing())}
	for _, step := range []func() error{p.makeNamespaces, p.makePublisher, p.makeControllers} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := p.add(ctx); err != nil {
		return err
	}
	return p.startManager(ctx)
}

// unsyncedGrace is how long the manager may take to end before it knows what there is.
const unsyncedGrace = time.Second

// startManager runs the manager until ctx ends. Before its caches are filled, which an API
// server that refuses a list can prevent for good, the manager does not end at all; then it
// is left behind, for it has begun nothing.
func (p *parts) startManager(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- p.Start(ctx) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	if p.synced() {
		return <-ended
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(unsyncedGrace):
		return nil
	}
}

// parts are those of one process.
type parts struct {
	ctrl.Manager
	o          Options
	clock      *allocator.ServerClock
	pages      *journal.Client
	namespaces *namespaces.Set
	queue      *controllers.Queue
	// load is how much commands wait.
	load allocator.Load
	// synced tells whether the caches have told what there was.
	synced func() bool
}

// add hands everything that runs besides the controllers to the manager.
func (p *parts) add(ctx context.Context) (err error) {
	if p.synced, err = controllers.Feed(ctx, p, p.namespaces); err != nil {
		return err
	}
	bridge, err := p.newBridge()
	if err != nil {
		return err
	}
	elected, err := newElection(p.GetConfig(), p.o, p.namespaces.Elect)
	if err != nil {
		return err
	}
	bridgeEnded := make(chan struct{})
	return errors.Join(
		p.Add(ending{run: bridge.Start, ended: bridgeEnded}),
		p.Add(&decider{namespaces: p.namespaces, election: elected, bridgeEnded: bridgeEnded}),
	)
}

// newBridge returns the HTTP server, listening: a taken port is told before anything else
// starts.
func (p *parts) newBridge() (*webhook.Server, error) {
	handler, err := webhook.New(webhook.Options{
		Namespaces: webhook.Runners(p.namespaces), Objects: p.GetAPIReader(), DefaultNamespace: p.o.defaultNamespace,
		Serves: p.o.scope().has, DefaultHold: p.o.defaultHold,
		Ready: func() error {
			if !p.synced() {
				return errors.New("the watches have not told yet what there is")
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	server := webhook.NewServer(p.o.bridgeAddress, handler, webhook.DefaultWait)
	return server, server.Listen()
}
