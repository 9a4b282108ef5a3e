package operator

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/wire"
)

func newManager(o Options) (ctrl.Manager, error) {
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
	if err := corev1.AddToScheme(scheme); err != nil { // for the ConfigMaps of a restore
		return nil, err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                 scheme,
		Metrics:                o.metrics.server(),
		PprofBindAddress:       o.pprofAddress,
		HealthProbeBindAddress: o.healthAddress,
		LivenessEndpointName:   "/livez",
		Cache:                  o.scope().cache(),
		NewClient:              wire.NewClient,
		LeaderElection:         false, // ours outlives the loss of a lease: election.go
	})
	if err != nil {
		return nil, fmt.Errorf("reach the API server: %w", err)
	}
	return mgr, nil
}
