package operator

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/auditor"
	"github.com/acme/inventory-service/internal/outcomes"
	"github.com/acme/inventory-service/internal/wire"
	"github.com/acme/inventory-service/webhook"
)

func newManager(o options) (ctrl.Manager, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("find the API server: %w: give --kubeconfig or run in a cluster", err)
	}
	// Compressing a list of 100,000 costs the API server more than sending it, and a
	// take-over waits for one.
	config.DisableCompression = true
	config.Wrap(wire.Transport)
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Metrics:                       metricsserver.Options{BindAddress: o.metricsAddress},
		PprofBindAddress:              o.pprofAddress,
		HealthProbeBindAddress:        "0", // the bridge serves /healthz and /readyz
		Cache:                         o.scope().cache(),
		NewClient:                     wire.NewClient,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              o.leaderElectionID,
		LeaderElectionNamespace:       o.leaderElectionNamespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &o.leaseDuration,
		RenewDeadline:                 &o.renewDeadline,
		RetryPeriod:                   &o.retryPeriod,
	})
	if err != nil {
		return nil, fmt.Errorf("reach the API server: %w", err)
	}
	return mgr, nil
}

// newBridge is the HTTP server, listening: a taken port is told before
// anything else starts.
func newBridge(
	mgr ctrl.Manager, o options, board *outcomes.Board, stock *allocator.Allocator, synced func() bool,
) (manager.Runnable, error) {
	handler, err := webhook.New(webhook.Options{
		Client: mgr.GetClient(), APIReader: mgr.GetAPIReader(), Cache: mgr.GetClient(),
		Board: board, Stock: stock, DefaultNamespace: o.defaultNamespace, Serves: o.scope().has, Retention: o.retention,
		Ready: func() error {
			if !synced() {
				return errors.New("the views of stock and reservations are not complete yet")
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	server := webhook.NewServer(o.bridgeAddress, handler, webhook.DefaultWait)
	return server, server.Listen()
}

// setupReconcilers registers every reconciler there is.
func setupReconcilers(
	mgr ctrl.Manager, o options, board *outcomes.Board, stock *allocator.Allocator, events publishers,
) error {
	reservations := &controllers.ReservationReconciler{
		Client: mgr.GetClient(), APIReader: mgr.GetAPIReader(), Allocator: stock, Board: board,
		Retention: controllers.Retention{After: o.retention, Delivered: events.delivered, Clock: clock.RealClock{}},
		Clock:     clock.RealClock{}, Workers: o.workers,
	}
	audits := auditor.New(auditor.Options{
		Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Stock: stock, Clock: clock.RealClock{},
		Interval: o.auditInterval, Pause: auditor.DefaultPause, Rest: auditor.DefaultRest,
	})
	items := &controllers.StockItemReconciler{
		Client: mgr.GetClient(), Stock: stock, Clock: clock.RealClock{}, Meddled: audits.ItemMeddled,
	}
	return errors.Join(reservations.SetupWithManager(mgr), items.SetupWithManager(mgr), audits.SetupWithManager(mgr))
}
