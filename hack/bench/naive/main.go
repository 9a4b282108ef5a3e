// Command naive is an inventory operator as one would first write it: its
// reconciler compare-and-swaps the status of each StockItem of a cart, with
// retries, and then the Reservation's. It exists to be measured against: it
// takes one decision with as many writes as the cart has items, more under
// contention, and a crash in between leaks what it had taken.
//
// It is as good as that scheme allows: it knows its own writes before its cache
// does, takes items in one order so that carts cannot block each other, and
// reads past the cache only after a conflict.
package main

import (
	"flag"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	v1 "github.com/acme/inventory-service/api/v1"
)

func main() {
	namespace := flag.String("namespace", "default", "the one namespace it works in")
	workers := flag.Int("workers", 1, "carts and items worked on at a time")
	metrics := flag.String("metrics-address", "0", "address of /metrics")
	config.RegisterFlags(flag.CommandLine)
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(*namespace, *workers, *metrics); err != nil {
		fmt.Fprintln(os.Stderr, "naive:", err)
		os.Exit(1)
	}
}

func run(namespace string, workers int, metrics string) error {
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                 scheme,
		Metrics:                metricsserver.Options{BindAddress: metrics},
		HealthProbeBindAddress: "0",
		Cache: cache.Options{
			DefaultTransform:  cache.TransformStripManagedFields(),
			DefaultNamespaces: map[string]cache.Config{namespace: {}},
		},
	})
	if err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	byProduct := func(object client.Object) []string { return []string{object.(*v1.StockItem).Spec.ProductID} }
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1.StockItem{}, productIndex, byProduct); err != nil {
		return err
	}
	stock := &stock{Client: mgr.GetClient(), reader: mgr.GetAPIReader(), newest: map[client.ObjectKey]*v1.StockItem{}}
	err = ctrl.NewControllerManagedBy(mgr).For(&v1.StockItem{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).Complete(&itemReconciler{stock})
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(mgr).For(&v1.Reservation{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).Complete(&cartReconciler{stock})
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}

const productIndex = "spec.productID"
