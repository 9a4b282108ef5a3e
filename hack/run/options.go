package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// The namespaces and names that config/ uses.
const (
	systemNamespace = "inventory-system"
	serviceAccount  = "inventory-operator"
	archiveAccount  = "inventory-archive"
	shopNamespace   = "shop"
)

// options are what the flags say.
type options struct {
	bridgePort, metricsPort, sinkPort, apiServerPort, etcdPort int

	// archive says that PostgreSQL and the archive run, too, databasePort where.
	archive      bool
	databasePort int

	dir      string // where data, logs and credentials go
	assets   string // the directory of etcd, kube-apiserver and kubectl
	operator string // the operator's binary
	config   string // the checkout's config directory
	// authentication is the operator's flag.
	authentication string
	// flags are more of the operator's: they come last, so they win.
	flags []string
}

// parseFlags reads the command line and makes every path absolute. What is wrong
// with it is written to out.
func parseFlags(arguments []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&o.bridgePort, "bridge-port", 8080, "port for CloudEvents and plain HTTP")
	flags.IntVar(&o.metricsPort, "metrics-port", 8081, "port of the operator's metrics")
	flags.IntVar(&o.sinkPort, "sink-port", 8090, "port of the sink that prints outcomes")
	flags.IntVar(&o.apiServerPort, "apiserver-port", 6443, "port of kube-apiserver")
	flags.IntVar(&o.etcdPort, "etcd-port", 2379, "port of etcd")
	flags.BoolVar(&o.archive, "archive", false, "run PostgreSQL and the archive, too")
	flags.IntVar(&o.databasePort, "database-port", 5433, "port of PostgreSQL")
	flags.StringVar(&o.authentication, "authentication", "none", "how callers of the bridge are known, as the operator has it")
	paths := map[*string]string{&o.dir: "dir", &o.assets: "assets", &o.operator: "operator", &o.config: "config"}
	flags.StringVar(&o.dir, "dir", ".run", "directory for data, logs and credentials")
	flags.StringVar(&o.assets, "assets", "", "directory of etcd, kube-apiserver and kubectl (required)")
	flags.StringVar(&o.operator, "operator", "bin/inventory-operator", "the operator's binary")
	flags.StringVar(&o.config, "config", "config", "the config directory")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	for path, name := range paths {
		if *path == "" {
			return o, failUsage(flags, "--"+name+" is required")
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, failUsage(flags, err.Error())
		}
		*path = absolute
	}
	o.flags = flags.Args()
	if len(o.flags) > 0 && !strings.HasPrefix(o.flags[0], "-") {
		return o, failUsage(flags, "unknown argument "+o.flags[0]+": the operator's own flags come behind --")
	}
	return o, nil
}

func failUsage(flags *flag.FlagSet, message string) error {
	_, _ = fmt.Fprintln(flags.Output(), message)
	return errors.New(message)
}

// file is a path in the run's directory.
func (o options) file(name string) string { return filepath.Join(o.dir, name) }

// manifest is a path in the config directory.
func (o options) manifest(name string) string {
	return filepath.Join(o.config, filepath.FromSlash(name))
}
