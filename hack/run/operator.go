package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	operatorLog = "operator.log"
	// stopGrace is how long the operator may take to finish and to give up its
	// lease.
	stopGrace = 20 * time.Second
	// tailLines is how much of the log explains an end.
	tailLines = 15
)

// operator is the running operator.
type operator struct {
	process *os.Process
	log     string
	exited  chan struct{} // closed when it is gone
	died    chan error    // an error when it ends by itself
	told    chan struct{} // closed when it is told to end
}

// operatorArguments are the operator's flags.
func operatorArguments(o options, keys credentials) []string {
	return append([]string{
		"--kubeconfig=" + keys.operator,
		"--bridge-address=" + loopback(o.bridgePort),
		"--metrics-address=" + loopback(o.metricsPort),
		"--authentication=" + o.authentication,
		"--default-namespace=" + shopNamespace,
		"--leader-elect=true",
		"--leader-election-namespace=" + systemNamespace,
		"--sink=http://" + loopback(o.sinkPort), "--reply=always",
		"--zap-encoder=console",
	}, o.flags...)
}

// startOperator starts the operator, its output in a log of its own. The caller
// owes it stop.
func startOperator(o options, keys credentials) (*operator, error) {
	log, err := os.OpenFile(o.file(operatorLog), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own descriptor
	command := exec.Command(o.operator, operatorArguments(o, keys)...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = childAttributes()

	r := &operator{log: log.Name(), exited: make(chan struct{}), died: make(chan error, 1), told: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel ties the child to the thread that starts it, so that
		// thread has to stay until the child is gone.
		runtime.LockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			r.await(command)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting the operator: %w", err)
	}
	r.process = command.Process
	return r, nil
}

// await returns when the operator has ended, and reports it if nobody told it to.
func (r *operator) await(command *exec.Cmd) {
	_ = command.Wait() // its state says how it ended
	select {
	case <-r.told:
	default:
		r.died <- r.explain(fmt.Errorf("the operator ended by itself (%s)", command.ProcessState))
	}
	close(r.exited)
}

// stop asks the operator to end, and kills it if it does not.
func (r *operator) stop() error {
	close(r.told)
	if err := r.process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping the operator: %w", err)
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-r.exited:
		return nil
	case <-grace.C:
	}
	err := r.process.Kill()
	<-r.exited
	return errors.Join(fmt.Errorf("the operator did not end within %s and was killed: see %s", stopGrace, r.log), err)
}
