// Command sink receives CloudEvents on a port of this machine and prints one line for
// each outcome of the Inventory Service. Duplicates are marked. Ctrl-C ends it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/acme/inventory-service/internal/sink"
)

// shutdownTimeout is how long requests under way may take at the end.
const shutdownTimeout = 5 * time.Second

func main() {
	addr := flag.String("addr", "127.0.0.1:8090", "address to listen on; it asks for no credentials, so keep it on loopback")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *addr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, addr string) error {
	listener, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use: stop what listens there, or give another one with --addr", addr)
	case err != nil:
		return fmt.Errorf("cannot listen on %q: %w: give an address like 127.0.0.1:8090 with --addr", addr, err)
	}
	server := &http.Server{
		Handler:           sink.Handler(os.Stdout),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	fmt.Printf("sink: printing the outcomes posted to http://%s\n", listener.Addr())

	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return server.Shutdown(ending)
}
