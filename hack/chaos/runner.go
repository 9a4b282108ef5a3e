package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/acme/inventory-service/test/faultreport"
)

// runner runs suites.
type runner struct {
	// logs takes a log of each suite and, in folders, what the tests report and
	// what they keep of a failure. It is absolute: tests run in their packages.
	logs string
	long bool
}

// newRunner makes the folders anew.
func newRunner(dir string, long bool) (*runner, error) {
	logs, err := filepath.Abs(filepath.Join(dir, "chaos"))
	if err != nil {
		return nil, err
	}
	r := &runner{logs: logs, long: long}
	return r, errors.Join(os.RemoveAll(logs), os.MkdirAll(r.records(), 0o750), os.MkdirAll(r.artifacts(), 0o750))
}

func (r *runner) records() string   { return filepath.Join(r.logs, "records") }
func (r *runner) artifacts() string { return filepath.Join(r.logs, "artifacts") }

// play runs one suite and tells in which way it failed.
func (r *runner) play(ctx context.Context, s suite) error {
	fmt.Printf("%-44s ", s.name)
	path := filepath.Join(r.logs, strings.ReplaceAll(s.name, " ", "-")+".log")
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	began := time.Now()
	arguments := s.command(r)
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Env = append(os.Environ(), r.environment(s)...)
	command.Stdout, command.Stderr = log, log
	// What a suite started ends with it, also when it is interrupted.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	command.WaitDelay = 10 * time.Second
	err = command.Run()
	took := time.Since(began).Round(time.Second)
	if err == nil {
		fmt.Printf("passed in %s\n", took)
		return nil
	}
	fmt.Printf("FAILED after %s\n", took)
	r.showEnd(path)
	return fmt.Errorf("%s failed (%w): see %s", s.name, err, path)
}

func (r *runner) environment(s suite) []string {
	env := s.shortEnv
	if r.long {
		env = s.longEnv
	}
	if s.program != nil {
		return env // what it runs is not to be counted as a suite
	}
	env = append(slices.Clone(env), "FAULT_REPORT="+r.records())
	if rounds := s.rounds.of(r.long); rounds > 0 {
		env = append(env, "FAULT_ROUNDS="+strconv.Itoa(rounds))
	}
	return env
}

// passing are the lines of a test log that tell nothing of a failure.
var passing = regexp.MustCompile(`(?m)^(=== |\s*--- PASS).*\n`)

// showEnd prints the end of a failed suite's log, without what passed.
func (r *runner) showEnd(path string) {
	const most = 6 << 10
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	text = passing.ReplaceAll(text, nil)
	if len(text) > most {
		text = text[len(text)-most:]
		text = append([]byte("...\n"), text[bytes.IndexByte(text, '\n')+1:]...)
	}
	fmt.Printf("%s\n", text)
}

// mutantsPath is where the suite of mutants leaves what it found.
func (r *runner) mutantsPath() string { return filepath.Join(r.logs, "mutants.json") }

// result sums up what the suites left.
func (r *runner) result(records []faultreport.Record) (*result, error) {
	sums := sum(records)
	text, err := os.ReadFile(r.mutantsPath())
	if errors.Is(err, os.ErrNotExist) {
		return sums, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &sums.Mutants)
	}
	return sums, err
}
