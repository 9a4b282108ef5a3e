package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

// options are the command's flags.
type options struct {
	run     *regexp.Regexp
	long    bool
	verbose bool
	json    string
}

func main() { os.Exit(run(os.Args[1:])) }

// run returns the exit code.
func run(arguments []string) int {
	o, err := parse(arguments)
	if err != nil {
		return 2 // it was told
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := play(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		return 1
	}
	return 0
}

func parse(arguments []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	pattern := flags.String("run", "", "play the mutants whose `name` matches; default: all")
	flags.BoolVar(&o.long, "long", false, "also play the tests that take their time, such as those that start real processes: about 20 minutes more")
	flags.BoolVar(&o.verbose, "v", false, "show what the tests said")
	flags.StringVar(&o.json, "json", "", "write the result to this `file`")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	var err error
	if o.run, err = regexp.Compile(*pattern); err != nil {
		fmt.Fprintf(flags.Output(), "-run is no pattern: %v\n", err)
	}
	return o, err
}

// play plays the chosen mutants and fails if one survives.
func play(ctx context.Context, o options) error {
	chosen := choose(catalog, o)
	if len(chosen) == 0 {
		return fmt.Errorf("no mutant matches %q: hack/mutants/catalog_*.go have the names", o.run)
	}
	files, err := patched(".", chosen)
	if err != nil {
		return err
	}
	t, err := newTests(".", files)
	if err != nil {
		return err
	}
	t.verbose = o.verbose
	if err := t.build(ctx, packages(chosen)); err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w\nthe patched files are in %s", err, t.dir)
	}
	defer func() { _ = os.RemoveAll(t.dir) }()
	if err := t.passWithout(ctx, catchers(chosen)); err != nil {
		return err
	}
	found := t.playAll(ctx, chosen)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return found.tell(os.Stdout, o.json)
}

// choose is the part of the catalog that is to be played.
func choose(catalog []mutant, o options) []mutant {
	var chosen []mutant
	for _, m := range catalog {
		if !o.run.MatchString(m.name) {
			continue
		}
		var played []catcher
		for _, c := range m.caughtBy {
			if o.long || !c.long {
				played = append(played, c)
			}
		}
		if m.caughtBy = played; len(played) > 0 {
			chosen = append(chosen, m)
		}
	}
	return chosen
}
