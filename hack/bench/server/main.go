// Command server is what one would run instead of the operator: an HTTP server
// on PostgreSQL that takes carts as JSON and answers with their outcomes. It exists
// to be measured against. With --journal it decides by the journal of a namespace
// instead, which shows what the operator's core can do.
//
// It speaks as the bridge does, CloudEvents in binary mode, so that the same clients
// drive both. It authenticates nobody, and its tables have to be there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"github.com/acme/inventory-service/hack/bench/pgstock"
)

func main() {
	address := flag.String("address", "127.0.0.1:8080", "address of the server and its /metrics")
	dsn := flag.String("dsn", "", "the database")
	connections := flag.Int("connections", pgstock.Connections, "the largest number of connections to the database")
	group := flag.Bool("group", false, "decide in memory and commit in groups, not one transaction for a cart")
	sink := flag.String("sink", "", "URL that outcomes are sent to as CloudEvents, by way of an outbox; empty sends none")
	namespace := flag.String("journal", "", "decide by the journal of this namespace, without PostgreSQL")
	kubeconfig := flag.String("kubeconfig", "", "where the API server of the journal is")
	products := flag.Int("products", 0, "how many products the journal has")
	received := flag.Int64("received", 0, "how many units there are of each product of the journal")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if *namespace != "" {
		err = runCore(ctx, *address, *kubeconfig, *namespace, *products, *received)
	} else {
		err = run(ctx, *address, *dsn, int32(*connections), *group, *sink)
	}
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address, dsn string, connections int32, group bool, sink string) error {
	if group && sink != "" {
		return errors.New("--group has no outbox: leave --sink out")
	}
	pool, err := pgstock.Open(ctx, dsn, connections)
	if err != nil {
		return err
	}
	defer pool.Close()
	tasks, ctx := errgroup.WithContext(ctx)
	var decider decider
	if group {
		g, err := pgstock.OpenGroup(ctx, pool)
		if err != nil {
			return err
		}
		tasks.Go(func() error { return g.Run(ctx) })
		decider = g
	} else {
		store := &pgstock.Store{Pool: pool, Outbox: sink != ""}
		if store.Outbox {
			relay := newRelay(pool, sink)
			store.Committed = relay.wake
			tasks.Go(func() error { return relay.run(ctx) })
		}
		decider = store
	}
	return serve(ctx, tasks, address, decider)
}

// runCore serves the journal of a namespace.
func runCore(ctx context.Context, address, kubeconfig, namespace string, products int, received int64) error {
	c, err := openCore(kubeconfig, namespace)
	if err != nil {
		return err
	}
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error { return c.runner.Run(ctx) })
	if err := c.declare(ctx, products, received); err != nil {
		return err
	}
	return serve(ctx, tasks, address, c)
}

// serve answers carts until ctx ends or one of the tasks fails.
func serve(ctx context.Context, tasks *errgroup.Group, address string, decider decider) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.Handler())
	mux.Handle("POST /", &handler{decider: decider})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	tasks.Go(server.ListenAndServe)
	tasks.Go(func() error {
		<-ctx.Done()
		return errors.Join(context.Cause(ctx), server.Close())
	})
	return tasks.Wait()
}
