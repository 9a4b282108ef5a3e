// The operator of the Inventory Service: it decides reservations, publishes
// their outcomes and serves the bridge for CloudEvents and plain HTTP.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	ctrl "sigs.k8s.io/controller-runtime"

	archive "github.com/acme/inventory-service/internal/archive/command"
	"github.com/acme/inventory-service/internal/catalog"
	"github.com/acme/inventory-service/internal/logbook"
	"github.com/acme/inventory-service/internal/operator"
	"github.com/acme/inventory-service/internal/tracing"
)

// version is set at link time.
var version = "dev"

func main() { os.Exit(run(os.Args[1:])) }

// commands are what the binary does beside being the operator.
var commands = map[string]func(arguments []string) error{
	"journal": func(arguments []string) error {
		return logbook.Command(ctrl.SetupSignalHandler(), arguments, os.Stdout, os.Stdout)
	},
	"archive": func(arguments []string) error {
		return archive.Run(ctrl.SetupSignalHandler(), arguments, os.Stdout, os.Stdout)
	},
	"catalog": func(arguments []string) error { return catalog.Command(arguments, os.Stdout) },
}

// run returns the exit code.
func run(arguments []string) int {
	if len(arguments) > 0 {
		if command := commands[arguments[0]]; command != nil {
			return code(command(arguments[1:]), 1)
		}
	}
	options, err := operator.ParseFlags(arguments, os.Stdout)
	switch {
	case err != nil:
		return code(err, 2)
	case options.Version:
		fmt.Println(version)
		return 0
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	options.Build = version
	options.SetLogger()
	ctrl.Log.Info("starting", "version", version)
	stopping := ctrl.SetupSignalHandler()
	traces, err := tracing.Start(stopping, version)
	if err != nil {
		return code(err, 2)
	}
	return code(errors.Join(operator.Run(stopping, options), traces.End()), 1)
}

// code is the exit code of what ended with err, which is told in one line.
func code(err error, failed int) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintf(os.Stderr, "inventory-operator: %v\n", err)
	return failed
}

// gcPercent is how far the heap grows between two collections, in percent of what is
// live, unless GOGC says it. At Go's own 100 collecting is a tenth of the CPU time under
// load (docs/performance-notes.md has what 300 bought, and what it took).
const gcPercent = 200
