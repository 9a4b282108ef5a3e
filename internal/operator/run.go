package operator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/forward"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/publisher"
	"github.com/acme/inventory-service/webhook"
)

// Run runs the operator until ctx ends or one of its parts fails.
func Run(ctx context.Context, o Options) error {
	err := run(ctx, o)
	if meta.IsNoMatchError(err) {
		return fmt.Errorf("%w: install the CRDs first: kubectl apply -k config/crd", err)
	}
	if apierrors.IsForbidden(err) {
		return fmt.Errorf("%w: give the operator its roles first: kubectl apply -k config/rbac", err)
	}
	return err
}

func run(ctx context.Context, o Options) error {
	if err := o.validate(); err != nil {
		return err
	}
	showBuild(o.Build)
	mgr, err := newManager(o)
	if err != nil {
		return err
	}
	p := &parts{
		Manager: mgr, o: o, clock: &allocator.ServerClock{}, process: uuid.NewString(), queue: controllers.NewQueue(o.showing()),
	}
	for _, step := range []func() error{p.makePort, p.makeNamespaces, p.makePublisher, p.makeControllers} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := p.mayWatch(ctx); err != nil {
		return err
	}
	if err := p.add(ctx); err != nil {
		return err
	}
	return p.startManager(ctx)
}

const (
	// forbiddenFor is how long it takes until what is forbidden counts as such: an API server
	// that starts forbids what it will allow.
	forbiddenFor   = 5 * time.Second
	forbiddenPause = 500 * time.Millisecond
)

// mayWatch fails where the API server forbids to read what the caches watch, which they would
// try for ever. Whatever else is wrong they get over.
func (p *parts) mayWatch(ctx context.Context) error {
	var forbidden error
	_ = wait.PollUntilContextTimeout(ctx, forbiddenPause, forbiddenFor, true, func(context.Context) (bool, error) {
		forbidden = p.forbidden(ctx) // not within the poll's time, whose end forbids nothing
		return forbidden == nil, nil
	})
	return forbidden
}

// forbidden is why the API server does not let this process read what it watches, nil where it
// does, or does not say.
func (p *parts) forbidden(ctx context.Context) error {
	scope := p.o.scope()
	if len(scope) == 0 {
		scope = []string{""}
	}
	for _, namespace := range scope {
		for _, kind := range []string{"ReservationList", "StockItemList", "StockLedgerList"} {
			list := &metav1.PartialObjectMetadataList{}
			list.SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
			if err := p.GetAPIReader().List(ctx, list, client.InNamespace(namespace), client.Limit(1)); apierrors.IsForbidden(err) {
				return err
			}
		}
	}
	return nil
}

// unsyncedGrace is how long the manager may take to end before it knows what there is.
const unsyncedGrace = time.Second

// startManager runs the manager until ctx ends. A manager whose caches are not filled yet does not
// end with ctx, and an API server that refuses a list can keep them unfilled for good. Such a
// manager has started nothing, so startManager returns without it after unsyncedGrace.
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

// checks tell why this process cannot serve, nil where it can. Once the caches are filled, the
// manager starts servers and namespaces in any order: a request may come in between.
func (p *parts) checks() []webhook.Check {
	return []webhook.Check{
		{Name: "watches", Fails: func() error {
			if !p.synced() {
				return errors.New("the watches have not told yet what there is")
			}
			return nil
		}},
		{Name: "namespaces", Fails: func() error {
			if !p.namespaces.Running() {
				return namespaces.ErrNotRunning
			}
			return nil
		}},
	}
}

// ready is the first of the checks that fails.
func (p *parts) ready() error {
	for _, check := range p.checks() {
		if err := check.Fails(); err != nil {
			return err
		}
	}
	return nil
}

// parts are those of one process.
type parts struct {
	ctrl.Manager
	o     Options
	clock *allocator.ServerClock
	// process names this process and no other, ever, and self how it presents itself in
	// journals. port takes forwarded commands; nil where there is to be none.
	process    string
	self       journal.Leader
	port       *forward.Port
	pages      *journal.Client
	namespaces *namespaces.Set
	queue      *controllers.Queue
	outcomes   *publisher.Publisher
	oneHold    *oneHold
	ledgers    controllers.StockLedgerReconciler
	// load is how much commands wait.
	load allocator.Load
	// nameOf is the name of a Reservation by its uid.
	nameOf func(ctx context.Context, namespace, uid string) (string, error)
	// synced tells whether the caches have told what there was.
	synced func() bool
}

// add hands everything that runs besides the controllers to the manager.
func (p *parts) add(ctx context.Context) (err error) {
	if p.nameOf, err = controllers.NamesOf(ctx, p); err != nil {
		return err
	}
	if p.synced, err = controllers.Feed(ctx, p, p.namespaces); err != nil {
		return err
	}
	servers, err := p.newServers()
	if err != nil {
		return err
	}
	if err := p.addHealth(); err != nil {
		return err
	}
	elected, err := newElection(p.GetConfig(), p.o, p.namespaces.Elect, p.namespaces.Unreadable)
	if err != nil {
		return err
	}
	decides := &decider{namespaces: p.namespaces, election: elected}
	for _, server := range servers {
		ended := make(chan struct{})
		decides.served = append(decides.served, ended)
		if err := p.Add(ending{run: server.Start, ended: ended}); err != nil {
			return err
		}
	}
	return p.Add(decides)
}

// makePort takes the address of forwarded commands: journals state it.
func (p *parts) makePort() (err error) {
	p.self = journal.Leader{Name: p.o.identity() + "_" + p.process[:8]}
	if p.o.forwardAddress == "" || p.o.forwardAddress == "0" {
		return nil
	}
	if p.port, err = forward.Listen(p.o.forwardAddress); err == nil {
		p.self = p.port.Leader(p.self.Name)
	}
	return err
}

// newServers returns the HTTP servers, listening: a taken port is told before anything else
// starts.
func (p *parts) newServers() ([]*webhook.Server, error) {
	handler, err := p.newBridge()
	if err != nil {
		return nil, err
	}
	bridge := webhook.NewServer(p.o.bridgeAddress, handler, webhook.DefaultWait)
	if err := p.secure(bridge); err != nil {
		return nil, err
	}
	servers := []*webhook.Server{bridge}
	if p.port != nil {
		servers = append(servers, webhook.NewForwardServer(p.port.Listener(), forward.Receive(handler), webhook.DefaultWait))
	}
	if err := bridge.Listen(); err != nil {
		return nil, err
	}
	p.tellExposure(servers)
	return servers, nil
}

// newBridge returns the bridge's handler.
func (p *parts) newBridge() (http.Handler, error) {
	options := webhook.Options{
		Namespaces: webhook.Runners(p.namespaces), Objects: p.GetAPIReader(), DefaultNamespace: p.o.defaultNamespace,
		Serves: p.o.scope().has, DefaultHold: p.o.defaultHold, OneHold: p.oneHold.in, IDs: p.o.ids, Self: p.self,
		Reply: webhook.Reply(p.o.reply), SchemasURL: p.o.schemasURL, Sends: p.outcomes.Sends, SendsReleased: p.o.sendReleased, SendsConsumed: p.o.sendConsumed,
		Ready: p.ready, Checks: p.checks(), NameOf: p.nameOf, MaxInFlight: p.o.maxInFlight, MaxInFlightPerCaller: p.o.maxInFlightPerCaller,
	}
	var err error
	if options.Access, err = p.newAccess(); err != nil {
		return nil, err
	}
	if p.port != nil {
		options.Forward = &forward.Client{}
	}
	if options.Archive, err = p.newArchive(); err != nil {
		return nil, err
	}
	return webhook.New(options)
}
