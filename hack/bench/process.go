package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/acme/inventory-service/internal/controlplane"
)

// process is one process of a contender, with its log in the lab.
type process struct {
	name   string
	cmd    *exec.Cmd
	log    string
	exited chan struct{}
}

const patience = time.Minute

// startPatience bounds the wait for a process to be ready: an operator beside 100,000
// objects fills its caches before.
const startPatience = 10 * time.Minute

// launch starts a program.
func (l *lab) launch(name, program string, arguments ...string) (*process, error) {
	return l.run(name, exec.Command(program, arguments...))
}

// run starts a command.
func (l *lab) run(name string, command *exec.Cmd) (*process, error) {
	path := filepath.Join(l.dir, name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p := &process{name: name, cmd: command, log: path, exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// awaitOK waits until a URL answers 200.
func (p *process) awaitOK(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		response, err := http.Get(url)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.exited:
			text, _ := os.ReadFile(p.log)
			return fmt.Errorf("%s ended while starting:\n%s", p.name, text)
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time: see %s", p.name, p.log)
		case <-time.After(10 * time.Millisecond): // a poll of another process
		}
	}
}

// errEnded is the cause of a context that ended with a process.
var errEnded = errors.New("the process ended by itself")

// whileRunning is a context that ends with the process as well, so that nobody waits
// for what it would have done.
func (p *process) whileRunning(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-p.exited:
			cancel(fmt.Errorf("%s: %w", p.name, errEnded))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// stop ends the process, at first kindly.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
		return nil
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
		return errors.New(p.name + " had to be killed")
	}
}

// freeAddress is an address of this machine that nobody listens on and that no
// outgoing connection is given before its server starts.
func freeAddress() (string, error) {
	port, err := controlplane.FreePort()
	if err != nil {
		return "", err
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
}
