// The operator of the Inventory Service: it decides reservations, publishes
// their outcomes and serves the bridge for CloudEvents and plain HTTP.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	uberzap "go.uber.org/zap"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/acme/inventory-service/controllers"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/logbook"
	"github.com/acme/inventory-service/internal/outcomes"
)

// version is set at link time.
var version = "dev"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "journal" {
		os.Exit(printJournal(os.Args[2:]))
	}
	o := parseFlags(os.Args[1:])
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&o.log), zap.RawZapOpts(uberzap.WrapCore(lazily))))
	if err := run(ctrl.SetupSignalHandler(), o); err != nil {
		fmt.Fprintf(os.Stderr, "inventory-operator: %v\n", err)
		os.Exit(1)
	}
}

// printJournal prints a journal in words, and returns the exit code.
func printJournal(arguments []string) int {
	err := logbook.Command(ctrl.SetupSignalHandler(), arguments, os.Stdout, os.Stderr)
	if err == nil || logbook.IsHelp(err) {
		return 0
	}
	fmt.Fprintf(os.Stderr, "inventory-operator: %v\n", err)
	return 1
}

// gcPercent is how far the heap grows between two collections, in percent of what is
// live, unless GOGC says it. At Go's own 100 collecting is a tenth of the CPU time under
// load (docs/performance.md has what 300 bought, and what it took).
const gcPercent = 200

// run wires the parts together and returns when ctx ends or one of them fails.
func run(ctx context.Context, o options) error {
	if err := o.validate(); err != nil {
		return err
	}
	mgr, err := newManager(o)
	if err != nil {
		return err
	}
	ctrl.Log.Info("starting", "version", version)

	board := outcomes.NewBoard()
	stock := allocator.New(allocator.Options{
		Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Cache: mgr.GetClient(), Name: o.identity(),
		DefaultHold: o.defaultHold, Clock: clock.RealClock{},
	})
	if err := metrics.Registry.Register(stock); err != nil {
		return err
	}
	synced, err := controllers.Feed(ctx, mgr, stock, board)
	if err != nil {
		return err
	}
	events, err := newPublishers(mgr, o, stock)
	if err != nil {
		return err
	}
	bridge, err := newBridge(mgr, o, board, stock, synced)
	if err != nil {
		return err
	}
	for _, runnable := range []manager.Runnable{stock.After(synced), bridge} {
		if err := mgr.Add(runnable); err != nil {
			return err
		}
	}
	if err := setupReconcilers(mgr, o, board, stock, events); err != nil {
		return err
	}
	return mgr.Start(ctx)
}
