package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "chaos: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	long := flag.Bool("long", false, "inject the counts of the long run, an hour and a half")
	only := flag.String("run", "", "run only the suites whose name matches this regular expression")
	dir := flag.String("dir", ".run", "where chaos.json and the logs of the suites go")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("--run: %w", err)
	}
	r, err := newRunner(*dir, *long)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	began := time.Now()
	var failed []error
	chosen := slices.DeleteFunc(slices.Clone(plan), func(s suite) bool {
		return !pattern.MatchString(s.name) || s.longOnly && !*long
	})
	stages := chosen
	if !*long {
		stages = together(chosen)
	}
	for _, s := range stages {
		failed = append(failed, r.play(ctx, s))
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
	}
	records, err := faultreport.Read(r.records())
	if err != nil {
		return err
	}
	result, err := r.result(records)
	if err != nil {
		return err
	}
	failed = append(failed, result.missing(chosen, *long)...)
	if err := result.save(filepath.Join(*dir, "chaos.json")); err != nil {
		return err
	}
	if err := result.print(os.Stdout); err != nil {
		return err
	}
	fmt.Printf("%s in all\n", time.Since(began).Round(time.Second))
	return errors.Join(failed...)
}
