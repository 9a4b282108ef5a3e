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
	dir string
	// overlay has the go command read the patched files.
	overlay string
	verbose bool
}

// newTests writes the patched files of the module at root for a build.
func newTests(root string, files map[string]string) (*tests, error) {
	files, err := withSwitches(files)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, err
	}
	overlay, err := writeOverlay(dir, root, files)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &tests{dir: dir, overlay: overlay}, nil
}

func packages(chosen []mutant) []string {
	found := map[string]bool{}
	for _, c := range catchers(chosen) {
		found[c.pkg] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// catchers lists every test of the mutants once.
func catchers(chosen []mutant) []catcher {
	found := map[string]catcher{}
	for _, m := range chosen {
		for _, c := range m.caughtBy {
			found[fmt.Sprint(c)] = c
		}
	}
	var list []catcher
	for _, key := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[key])
	}
	return list
}

// binary is where the tests of a package are built to.
func (t *tests) binary(pkg string) string {
	return filepath.Join(t.dir, strings.ReplaceAll(strings.TrimPrefix(pkg, "./"), "/", "-")+".test")
}

// build builds the tests of the packages with all mutants, each once.
func (t *tests) build(ctx context.Context, packages []string) error {
	began := time.Now()
	for _, pkg := range packages {
		command := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", t.overlay, "-o", t.binary(pkg), pkg)
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("build the tests of %s: %w\n%s", pkg, err, out)
		}
	}
	fmt.Printf("%d packages built with the mutants in %s\n", len(packages), time.Since(began).Round(time.Second))
	return nil
}

// passWithout fails unless all tests pass while no mutant is chosen.
func (t *tests) passWithout(ctx context.Context, all []catcher) error {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, c := range all {
		group.Go(func() error {
			code, out := t.run(ctx, c, "")
			if err := passed(c, code, out); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s of %s without a mutant: %w\n%s", c.test, c.pkg, err, tail(out))
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

// environment is that of a test under a mutant. What the test builds itself, such
// as the operator for tests of real processes, has the mutants, too.
func (t *tests) environment(c catcher, name string) []string {
	flags := strings.TrimSpace(os.Getenv("GOFLAGS") + " '-overlay=" + t.overlay + "'")
	return append(append(os.Environ(), c.env...), "GOFLAGS="+flags, variable+"="+name)
}

// run runs one test under a mutant, "" for none, and returns its exit code and
// what it printed.
func (t *tests) run(ctx context.Context, c catcher, name string) (code int, out string) {
	most := limit
	if c.long {
		most = longLimit
	}
	ctx, cancel := context.WithTimeout(ctx, most+grace)
	defer cancel()
	command := exec.CommandContext(ctx, t.binary(c.pkg),
		"-test.run="+c.pattern(), "-test.failfast", "-test.v", "-test.timeout="+most.String())
	command.Dir = c.pkg
	command.Env = t.environment(c, name)
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
