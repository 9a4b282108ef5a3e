package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// errAsked ends a run that a person ends.
var errAsked = errors.New("asked to stop")

func main() {
	o, err := parseFlags(os.Args[1:], os.Stderr)
	if err != nil {
		os.Exit(2) // it was told
	}
	ctx := untilSignal()
	if err := run(ctx, o, newProgress(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "make run:", err)
		os.Exit(1)
	}
}

// untilSignal is a context that the first signal to end cancels. A second one
// ends the process at once, as if there were no handler; its children die with
// it.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		signal.Stop(signals)
		cancel(errAsked)
	}()
	return ctx
}
