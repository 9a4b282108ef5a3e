// The operator of the Inventory Service: it decides reservations, publishes
// their outcomes and serves the bridge for CloudEvents and plain HTTP.
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/acme/inventory-service/internal/logbook"
	"github.com/acme/inventory-service/internal/operator"
)

// version is set at link time.
var version = "dev"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "journal" {
		os.Exit(printJournal(os.Args[2:]))
	}
	options := operator.ParseFlags(os.Args[1:])
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	options.SetLogger()
	ctrl.Log.Info("starting", "version", version)
	if err := operator.Run(ctrl.SetupSignalHandler(), options); err != nil {
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
