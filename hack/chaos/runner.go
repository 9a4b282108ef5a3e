package main

import (
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
	r.show(path)
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

// show prints what a failed suite's log says of the tests that failed, else its end.
func (r *runner) show(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	if of := ofFailed(string(text)); of != "" {
		fmt.Printf("%s\n", of)
		return
	}
	fmt.Printf("...\n%s\n", text[max(0, len(text)-mostShown):])
}

// mostShown bounds what is shown of a log, in bytes.
const mostShown = 16 << 10

var (
	// speaker begins what a test of many that run at once prints, until another one speaks.
	speaker = regexp.MustCompile(`^=== (?:RUN|CONT|NAME|PAUSE) +(\S+)`)
	failure = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)
	// operatorLog is a line of an operator's log: there are too many.
	operatorLog = regexp.MustCompile(`^\s*\{"level":"info"`)
)

// ofFailed are the lines of a log that the tests printed which failed.
func ofFailed(log string) string {
	failed := map[string]bool{}
	for _, match := range failure.FindAllStringSubmatch(log, -1) {
		failed[match[1]] = true
	}
	var shown strings.Builder
	speaking, told := "", ""
	for line := range strings.Lines(log) {
		if match := speaker.FindStringSubmatch(line); match != nil {
			speaking = match[1]
			continue
		}
		if match := failure.FindStringSubmatch(line); match != nil {
			speaking, told = match[1], match[1] // without -v, what it said follows
		}
		if !failed[speaking] || operatorLog.MatchString(line) || shown.Len() > mostShown {
			continue
		}
		if told != speaking {
			told = speaking
			fmt.Fprintf(&shown, "%s\n", speaking)
		}
		shown.WriteString(line)
	}
	return shown.String()
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
