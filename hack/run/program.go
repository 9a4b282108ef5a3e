package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/acme/inventory-service/internal/child"
)

const (
	// stopGrace is how long a program may take to finish and to give up its lease.
	stopGrace = 20 * time.Second
	// tailLines is how much of a log explains an end.
	tailLines = 15
)

// program is a running program with a log of its own.
type program struct {
	name string // such as "the operator"
	log  string
	run  *child.Process
	died chan error // an error when it ends by itself
	told atomic.Bool
}

// startProgram starts a program, its output in a log that begins anew. The caller owes it stop.
func startProgram(name, log string, command *exec.Cmd) (*program, error) {
	if err := os.RemoveAll(log); err != nil {
		return nil, err
	}
	run, err := child.Start(command, log, "")
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &program{name: name, log: log, run: run, died: make(chan error, 1)}
	go func() {
		<-run.Exited()
		if !p.told.Load() {
			p.died <- p.explain(fmt.Errorf("%s ended by itself (%w)", name, run.ExitErr()))
		}
	}()
	return p, nil
}

// explain adds the end of the program's log to an error.
func (p *program) explain(err error) error {
	return fmt.Errorf("%w; the end of %s:\n%s", err, p.log, p.run.LogTail(tailLines))
}

// stop asks the program to end, and kills it if it does not.
func (p *program) stop() error {
	p.told.Store(true)
	if err := p.run.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-p.run.Exited():
		return nil
	case <-grace.C:
	}
	return errors.Join(fmt.Errorf("%s did not end within %s and was killed: see %s", p.name, stopGrace, p.log), p.run.Kill())
}
