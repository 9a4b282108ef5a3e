package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/archive"
	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/retention"
	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/reader"
)

// unregisterFor is how long it is waited until no page waits for the archive any more.
const unregisterFor = 30 * time.Second

// Run does what the arguments behind the command's name say, until ctx ends. Asked for help it
// tells usage what there is, and fails with flag.ErrHelp. Its errors are one line.
func Run(ctx context.Context, arguments []string, out, usage io.Writer) error {
	o, err := parse(arguments, usage)
	if err != nil {
		return err
	}
	logger := zap.New(zap.UseFlagOptions(&o.log))
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	switch o.task {
	case "migrate":
		err = o.runMigrate(ctx, out)
	case "retention":
		err = o.runRetention(ctx, out)
	case "unregister":
		err = o.runUnregister(ctx, out)
	default:
		err = o.run(ctx)
	}
	return oneLine(err)
}

// lineError is an error whose text is one line.
type lineError struct{ error }

func (e lineError) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e lineError) Unwrap() error { return e.error }

func oneLine(err error) error {
	if err == nil {
		return nil
	}
	return lineError{err}
}

func (o *options) runMigrate(ctx context.Context, out io.Writer) error {
	s, migrate, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.CheckServer(ctx); err != nil {
		return err
	}
	applied, err := migrate(ctx)
	if err != nil {
		return err
	}
	if err := s.MakeAhead(ctx, time.Now()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The database has migration %d; %d were applied now.\n", schema.Latest(), applied)
	return err
}

func (o *options) runRetention(ctx context.Context, out io.Writer) error {
	o.migrate = false // it drops from tables that it knows, and makes none
	s, check, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.CheckServer(ctx); err != nil {
		return err
	}
	if _, err := check(ctx); err != nil {
		return err
	}
	done, err := retention.Run(ctx, s.Pool(), o.keep, time.Now())
	if err != nil {
		return database.Plain(err)
	}
	_, err = fmt.Fprintf(out, "Dropped months: %v. Old months that a held reservation keeps: %v. Rows whose actors were blanked: %d.\n",
		done.Dropped, done.Held, done.Actors)
	return err
}

func (o *options) runUnregister(ctx context.Context, out io.Writer) error {
	_, c, err := cluster()
	if err != nil {
		return err
	}
	readers, err := reader.New(c, o.readerName)
	if err != nil {
		return err
	}
	names := o.named()
	if len(names) == 0 {
		if names, err = namespaces.Pages(c)(ctx); err != nil {
			return fmt.Errorf("list the namespaces that have a journal: %w", err)
		}
	}
	var failed []error
	for _, name := range slices.Sorted(slices.Values(names)) {
		ctx, cancel := context.WithTimeout(ctx, unregisterFor)
		err := readers.Unregister(ctx, name)
		cancel()
		if err != nil {
			failed = append(failed, err)
			continue
		}
		_, _ = fmt.Fprintf(out, "The journal of namespace %s keeps nothing for %s any more.\n", name, o.readerName)
	}
	return errors.Join(failed...)
}

// open returns the store, of which no connection has been made yet, and what migrates it.
func (o *options) open(ctx context.Context) (*store.Store, func(context.Context) (int, error), error) {
	config, err := o.database.Config()
	if err != nil {
		return nil, nil, err
	}
	migrate := func(ctx context.Context) (int, error) {
		fresh, err := o.database.Config()
		if err != nil {
			return 0, err
		}
		applied, err := schema.Migrate(ctx, fresh.ConnConfig)
		return applied, database.Plain(err)
	}
	if !o.migrate {
		migrate = func(ctx context.Context) (int, error) {
			fresh, err := o.database.Config()
			if err != nil {
				return 0, err
			}
			return 0, database.Plain(schema.Check(ctx, fresh.ConnConfig))
		}
	}
	s, err := store.Open(ctx, config, uuid.NewString())
	return s, migrate, err
}

// cluster is how to reach the API server, past all caches.
func cluster() (*rest.Config, client.Client, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, nil, fmt.Errorf("find the API server: %w: give --kubeconfig or run in a cluster", err)
	}
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		return nil, nil, err
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	return config, c, err
}

// run archives until ctx ends.
func (o *options) run(ctx context.Context) error {
	config, c, err := cluster()
	if err != nil {
		return err
	}
	s, migrate, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	run := archive.Options{
		Config: config, Client: c, Store: s, Migrate: migrate, Namespaces: o.named(), Keep: o.keep,
		Logger:      ctrl.Log.WithName("archive"),
		LeaderElect: o.leaderElect, LeaseNamespace: o.leaderElectionNamespace, LeaseName: o.leaderElectionID,
		LeaseTimes:     o.lease,
		MetricsAddress: o.metricsAddress, HealthAddress: o.healthAddress,
	}
	if o.readerName != "" {
		if run.Reader, err = reader.New(c, o.readerName); err != nil {
			return err
		}
	}
	return archive.Run(ctx, run)
}
