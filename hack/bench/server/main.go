// Command server is what one would run instead of the operator: an HTTP server
// on PostgreSQL that takes carts as JSON and answers with their outcomes. It exists
// to be measured against.
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
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *address, *dsn, int32(*connections), *group, *sink)
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
