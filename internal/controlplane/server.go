package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/acme/inventory-service/internal/child"
)

// pollEvery is how often a starting server is asked whether it is ready.
const pollEvery = 50 * time.Millisecond

// stopGrace is how long a server may take to end by itself.
const stopGrace = 15 * time.Second

// server is etcd or kube-apiserver: how to run it, and its run of the moment.
type server struct {
	// program is the binary's name; name tells its servers apart and is that of the
	// log.
	program, name string

	port   int
	args   func() []string
	ready  func(context.Context) error
	assets string
	dir    *directory
	// within bounds the wait for it to become ready.
	within time.Duration
	// died gets an error when a ready server ends that nobody told to.
	died chan<- error

	mu   sync.Mutex // held while the server is started or stopped
	run  *child.Process
	told *atomic.Bool // whether the run of the moment was told to end
}

// startFirst starts the server on the port that was asked for, or on a free one.
// Between the choice of a free port and its use another process may take it.
func (s *server) startFirst(ctx context.Context, wanted int, option string) error {
	for attempt := 1; ; attempt++ {
		var err error
		if s.port, err = choosePort(wanted, option); err != nil {
			return err
		}
		err = s.start(ctx)
		if err == nil || wanted != 0 || attempt == 3 || !strings.Contains(err.Error(), syscall.EADDRINUSE.Error()) {
			return err
		}
	}
}

// start runs the server and waits until it is ready.
func (s *server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil && s.run.Alive() {
		return fmt.Errorf("%s runs already (pid %d)", s.name, s.run.PID)
	}
	run, err := child.Start(exec.Command(filepath.Join(s.assets, s.program), s.args()...), s.dir.logPath(s.name), s.dir.pidPath(s.name))
	if err != nil {
		return err
	}
	if err := s.await(ctx, run); err != nil {
		return errors.Join(err, run.Kill())
	}
	told := &atomic.Bool{}
	s.run, s.told = run, told
	go func() {
		<-run.Exited()
		if told.Load() {
			return
		}
		select {
		case s.died <- run.Failure(fmt.Sprintf("ended by itself (%v)", run.ExitErr())):
		default: // nobody listens
		}
	}()
	return nil
}

// await returns when the server is ready, or with the reason why it is not.
func (s *server) await(ctx context.Context, run *child.Process) error {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var last error
	for {
		select {
		case <-run.Exited():
			return run.Failure(fmt.Sprintf("ended while it started (%v)", run.ExitErr()))
		case <-ctx.Done():
			if last != nil {
				return run.Failure(fmt.Sprintf("did not become ready: %v (%v)", last, context.Cause(ctx)))
			}
			return run.Failure(fmt.Sprintf("did not become ready (%v)", context.Cause(ctx)))
		case <-tick.C:
		}
		err := s.ready(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
	}
}

// kill ends the server as a crash would.
func (s *server) kill() error {
	return s.end((*child.Process).Kill)
}

// stop lets the server end by itself, for a while.
func (s *server) stop() error {
	return s.end(func(run *child.Process) error { return run.Terminate(stopGrace) })
}

func (s *server) end(how func(*child.Process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	s.told.Store(true)
	return how(s.run)
}

// pause stops the running server from running until resume.
func (s *server) pause() error {
	return s.whileRunning((*child.Process).Pause)
}

// resume lets a paused server go on.
func (s *server) resume() error {
	return s.whileRunning(func(run *child.Process) error { return run.Signal(syscall.SIGCONT) })
}

func (s *server) whileRunning(do func(*child.Process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil || !s.run.Alive() {
		return fmt.Errorf("%s does not run", s.name)
	}
	return do(s.run)
}
