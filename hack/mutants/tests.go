package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/acme/inventory-service/internal/mutant"
)

const (
	// atOnce is how many tests run at a time.
	atOnce = 2
	// limit bounds one run of a test, longLimit one that starts processes.
	limit, longLimit = 5 * time.Minute, 15 * time.Minute
	// grace is how long after its limit a test that hangs is killed.
	grace = 10 * time.Second
)

// tests are the built test binaries.
type tests struct {
	dir     string
	verbose bool
}

func packages(chosen []mutant.Mutant) []string {
	found := map[string]bool{}
	for _, c := range catchers(chosen) {
		found[c.Package] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// catchers lists every test of the mutants once.
func catchers(chosen []mutant.Mutant) []mutant.Catcher {
	found := map[string]mutant.Catcher{}
	for _, m := range chosen {
		for _, c := range m.CaughtBy {
			found[fmt.Sprint(c)] = c
		}
	}
	var list []mutant.Catcher
	for _, key := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[key])
	}
	return list
}

// binary is where the tests of a package are built to.
func (t *tests) binary(pkg string) string {
	return filepath.Join(t.dir, strings.ReplaceAll(strings.TrimPrefix(pkg, "./"), "/", "-")+".test")
}

// build builds the tests of the packages, each once.
func (t *tests) build(ctx context.Context, packages []string) error {
	began := time.Now()
	for _, pkg := range packages {
		command := exec.CommandContext(ctx, "go", "test", "-c", "-tags", "mutants", "-o", t.binary(pkg), pkg)
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("build the tests of %s: %w\n%s", pkg, err, out)
		}
	}
	fmt.Printf("%d packages built with the mutants in %s\n", len(packages), time.Since(began).Round(time.Second))
	return nil
}

// passWithout fails unless all tests pass while no mutant is chosen.
func (t *tests) passWithout(ctx context.Context, all []mutant.Catcher) error {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, c := range all {
		group.Go(func() error {
			code, out := t.run(ctx, c, "")
			if err := passed(c, code, out); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s of %s without a mutant: %w\n%s", c.Test, c.Package, err, tail(out))
			}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Printf("%d tests pass without a mutant, in %s\n", len(all), time.Since(began).Round(time.Second))
	return nil
}

// run runs one test under a mutant, "" for none, and returns its exit code and
// what it printed.
func (t *tests) run(ctx context.Context, c mutant.Catcher, name mutant.Name) (code int, out string) {
	most := limit
	if c.Long {
		most = longLimit
	}
	ctx, cancel := context.WithTimeout(ctx, most+grace)
	defer cancel()
	command := exec.CommandContext(ctx, t.binary(c.Package),
		"-test.run="+c.Pattern(), "-test.failfast", "-test.v", "-test.timeout="+most.String())
	command.Dir = c.Package
	command.Env = append(append(os.Environ(), c.Env...), "MUTANT="+string(name))
	// What the test started ends with it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	text, err := command.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, string(text)
	case errors.As(err, &exit):
		return exit.ExitCode(), string(text)
	default:
		return -1, string(text) + err.Error()
	}
}
