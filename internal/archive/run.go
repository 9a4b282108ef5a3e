package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/acme/inventory-service/internal/archive/retention"
	"github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/lease"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/reader"
)

// Options are what an archive needs.
type Options struct {
	Config *rest.Config
	// Client reads past all caches.
	Client client.Client
	Store  *store.Store
	// Migrate brings the tables to those of this release, or fails where they are not.
	Migrate func(context.Context) (applied int, err error)
	// Namespaces are archived; none means all that have a journal.
	Namespaces []string
	// Reader tells leaders how far the archive is; nil where they are not to know.
	Reader *reader.Client
	Keep   retention.Policy
	Logger logr.Logger

	LeaderElect               bool
	LeaseNamespace, LeaseName string
	LeaseTimes                lease.Times
	// MetricsAddress and HealthAddress are where /metrics, and /healthz and /readyz, are served;
	// empty or 0 turns them off.
	MetricsAddress, HealthAddress string
}

// Run archives while it is elected, until ctx ends. It fails where the database cannot be used as
// it is, and where another process archives.
func Run(ctx context.Context, o Options) error {
	mgr, err := ctrl.NewManager(o.Config, ctrl.Options{
		Metrics: metricsserver.Options{BindAddress: cmp.Or(o.MetricsAddress, "0")}, HealthProbeBindAddress: o.HealthAddress,
		LeaderElection: o.LeaderElect, LeaderElectionNamespace: o.LeaseNamespace, LeaderElectionID: o.LeaseName,
		LeaseDuration: &o.LeaseTimes.Duration, RenewDeadline: &o.LeaseTimes.RenewDeadline, RetryPeriod: &o.LeaseTimes.RetryPeriod, LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return fmt.Errorf("reach the API server: %w", err)
	}
	pages, err := journal.NewClient(o.Config, nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begun := o.begin(ctx)
	// What is of no use is told in one line, before anything is served.
	if err := begun.await(ctx, beginFor); err != nil {
		if ctx.Err() != nil {
			return nil // it was asked to end: what that interrupted is no error
		}
		return err
	}
	a := &archivist{
		pages: pages, discover: namespaces.Pages(o.Client), named: o.Namespaces, store: o.Store, prepare: o.prepare, begun: begun,
		reader: o.Reader, keep: o.Keep, logger: o.Logger, members: map[string]*member{},
	}
	err = errors.Join(mgr.Add(begun), mgr.Add(a), mgr.AddHealthzCheck("process", healthz.Ping),
		mgr.AddReadyzCheck("database", func(*http.Request) error { return a.wrong() }))
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// prepare checks that this is the right database, and makes its tables.
func (o Options) prepare(ctx context.Context) error {
	system := namespaces.Kind()
	if err := o.Client.Get(ctx, client.ObjectKey{Name: "kube-system"}, system); err != nil {
		return fmt.Errorf("read namespace kube-system, whose uid names the cluster: %w", err)
	}
	cluster := string(system.UID)
	if err := o.Store.CheckServer(ctx); err != nil {
		return err
	}
	if err := o.Store.CheckOwner(ctx, cluster); err != nil {
		return err
	}
	if _, err := o.Migrate(ctx); err != nil {
		return err
	}
	if err := o.Store.Adopt(ctx, cluster); err != nil {
		return err
	}
	return o.Store.MakeAhead(ctx, time.Now())
}
