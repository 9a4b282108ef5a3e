package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/retention"
	"github.com/acme/inventory-service/internal/lease"
	"github.com/acme/inventory-service/internal/reader"
)

// options are what the flags say.
type options struct {
	// task is run, migrate, retention or unregister.
	task string

	database   database.Address
	migrate    bool
	namespaces string
	readerName string
	keep       retention.Policy

	leaderElect                               bool
	leaderElectionNamespace, leaderElectionID string
	lease                                     lease.Times
	metricsAddress, healthAddress             string

	log zap.Options
}

const usageText = `Usage of inventory-operator archive:
  inventory-operator archive [flags]             archive the journals of all namespaces in PostgreSQL
  inventory-operator archive migrate [flags]     make or change the tables, and do nothing else
  inventory-operator archive retention [flags]   drop what is too old, and do nothing else
  inventory-operator archive unregister [flags]  let the journals keep nothing for the archive any more
`

func parse(arguments []string, usage io.Writer) (options, error) {
	o := options{task: "run"}
	if len(arguments) > 0 && !strings.HasPrefix(arguments[0], "-") {
		o.task, arguments = arguments[0], arguments[1:]
	}
	switch o.task {
	case "run", "migrate", "retention", "unregister":
	default:
		return o, fmt.Errorf("unknown argument %q: see inventory-operator archive --help", o.task)
	}
	flags := flagsOf(&o)
	flags.SetOutput(io.Discard) // an error is one line
	err := flags.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(usage)
		_, _ = fmt.Fprint(usage, usageText)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w: see inventory-operator archive --help", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("unknown argument %q: see inventory-operator archive --help", flags.Arg(0))
	}
	return o, o.validate()
}

// Flags are those of the command, with their defaults: it is for the reference of flags.
func Flags() *flag.FlagSet { return flagsOf(&options{}) }

func flagsOf(o *options) *flag.FlagSet {
	flags := flag.NewFlagSet("inventory-operator archive", flag.ContinueOnError)
	o.bind(flags)
	return flags
}

func (o *options) bind(flags *flag.FlagSet) {
	o.database.Application = "inventory-archive"
	o.database.Bind(flags, "database-url", "the database")
	flags.BoolVar(&o.migrate, "migrate", true, "make or change the tables at start; else they have to be as this release needs them")
	flags.StringVar(&o.namespaces, "namespaces", "", "namespaces to archive, separated by commas; empty is all that have a journal")
	flags.StringVar(&o.readerName, "reader-name", "archive",
		"name under which the journals keep what the archive has not read; empty keeps nothing for it, and it may find gaps")
	flags.Var(&o.keep.Keep, "keep", "how long months are kept, such as 3y, 18m or 90d; empty is for ever")
	flags.Var(&o.keep.KeepActors, "keep-actors", "how long the names of those who asked are kept; empty is as long as their rows")
	flags.BoolVar(&o.leaderElect, "leader-elect", true, "let one replica at a time archive; without it two only fence each other")
	flags.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", "", "namespace of the lease; empty is the pod's own")
	flags.StringVar(&o.leaderElectionID, "leader-election-id", "inventory-archive", "name of the lease")
	flags.DurationVar(&o.lease.Duration, "lease-duration", 15*time.Second, "how long the others wait for one that does not renew")
	flags.DurationVar(&o.lease.RenewDeadline, "renew-deadline", 10*time.Second, "how long one tries to renew before it gives up")
	flags.DurationVar(&o.lease.RetryPeriod, "retry-period", 2*time.Second, "how often the lease is renewed and tried for")
	flags.StringVar(&o.metricsAddress, "metrics-address", "127.0.0.1:8083", "address of /metrics; empty or 0 turns it off")
	flags.StringVar(&o.healthAddress, "health-address", "0", "address of /healthz and /readyz; empty or 0 turns it off")
	ctrlconfig.RegisterFlags(flags)
	o.log.BindFlags(flags)
}

func (o *options) validate() error {
	if err := o.database.Validate(); err != nil {
		return err
	}
	switch {
	case o.task != "unregister" && !o.database.Given():
		return errors.New("no database is named: give --database-url-file, --database-url or $" + database.Variable)
	case o.task == "retention" && !o.keep.Any():
		return errors.New("neither --keep nor --keep-actors is given: say how long what is kept, such as --keep 3y")
	case o.task == "unregister" && o.readerName == "":
		return errors.New("--reader-name is empty: name the reader that is to be unregistered")
	}
	if err := o.lease.Validate(); o.leaderElect && err != nil {
		return err
	}
	if o.readerName == "" {
		return nil
	}
	if err := reader.ValidName(o.readerName); err != nil {
		return fmt.Errorf("--reader-name: %w", err)
	}
	return nil
}

// named are the namespaces of --namespaces.
func (o *options) named() (names []string) {
	for name := range strings.SplitSeq(o.namespaces, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}
