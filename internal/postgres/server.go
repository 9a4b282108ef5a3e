package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/child"
	"github.com/acme/inventory-service/internal/controlplane"
)

// pollEvery is how often a starting server is asked whether it is ready.
const pollEvery = 50 * time.Millisecond

// stopGrace is how long a server may take to end by itself.
const stopGrace = 15 * time.Second

// Server is a PostgreSQL server. Its methods may be called from any goroutine.
type Server struct {
	options   Options
	owner     *owner
	temporary bool
	died      chan error

	mu   sync.Mutex // held while the server is started or stopped
	run  *child.Process
	told *atomic.Bool // whether the run of the moment was told to end
}

// Start starts a server and returns when it answers, with PlainRole made. The context bounds
// the start alone; the server runs until Stop, which the caller owes it.
func Start(ctx context.Context, options Options) (_ *Server, err error) {
	s := &Server{died: make(chan error, 1)}
	if s.options, s.temporary, err = options.complete(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if s.owner, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.options.Port == 0 {
		if s.options.Port, err = controlplane.FreePort(); err != nil {
			return nil, err
		}
	}
	if err := s.initialise(); err != nil {
		return nil, err
	}
	if err := s.Restart(ctx); err != nil {
		return nil, err
	}
	return s, s.createRole(ctx)
}

// initialise makes the directory and the data in it, unless they are there.
func (s *Server) initialise() error {
	if err := s.owner.own(s.options.Dir); err != nil {
		return err
	}
	switch version, err := os.ReadFile(s.data("PG_VERSION")); {
	case err == nil && strings.TrimSpace(string(version)) != strconv.Itoa(s.options.Installation.Major):
		return fmt.Errorf("the data in %s are of PostgreSQL %s and this is %s: run that one again (%s names its directory), or remove the data",
			s.data(), strings.TrimSpace(string(version)), s.options.Installation, binariesVariable)
	case err == nil || !errors.Is(err, os.ErrNotExist):
		return err
	}
	password := filepath.Join(s.options.Dir, "password")
	if err := os.WriteFile(password, []byte(PasswordOf(Superuser)+"\n"), 0o644); err != nil {
		return err
	}
	initdb := s.owner.command(s.options.Installation.program("initdb"), "--pgdata", s.data(), "--username", Superuser,
		"--pwfile", password, "--auth", "scram-sha-256", "--no-locale", "--encoding", "UTF8", "--no-sync")
	initdb.Dir = s.options.Dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return os.Remove(password)
}

func (s *Server) data(name ...string) string {
	return filepath.Join(append([]string{s.options.Dir, "data"}, name...)...)
}

// Restart starts the server again after Kill or Shutdown, on the same data and port, and
// returns when it answers.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil && s.run.Alive() {
		return fmt.Errorf("%s runs already (pid %d)", s.options.Installation, s.run.PID)
	}
	arguments := []string{"-D", s.data(), "-p", strconv.Itoa(s.options.Port), "-k", s.options.Dir}
	for _, setting := range s.options.settings() {
		arguments = append(arguments, "-c", setting)
	}
	run, err := child.Start(s.owner.command(s.options.Installation.program("postgres"), arguments...), s.LogPath(), "")
	if err != nil {
		return err
	}
	if err := s.await(ctx, run); err != nil {
		return errors.Join(err, killAll(run))
	}
	told := &atomic.Bool{}
	s.run, s.told = run, told
	go func() {
		<-run.Exited()
		if !told.Load() {
			select {
			case s.died <- run.Failure(fmt.Sprintf("ended by itself (%v)", run.ExitErr())):
			default: // nobody listens
			}
		}
	}()
	return nil
}

// await returns when the server answers.
func (s *Server) await(ctx context.Context, run *child.Process) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.StartTimeout)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := s.Do(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-run.Exited():
			return run.Failure(fmt.Sprintf("ended while it started (%v)", run.ExitErr()))
		case <-ctx.Done():
			return run.Failure(fmt.Sprintf("did not become ready: %v", err))
		case <-tick.C:
		}
	}
}

// Stop ends the server, at first kindly, and removes its data if they are temporary. It is
// safe to call more than once.
func (s *Server) Stop() error {
	err := s.end(func(run *child.Process) error { return s.terminate(run, syscall.SIGINT) })
	if s.temporary {
		err = errors.Join(err, os.RemoveAll(s.options.Dir))
	}
	return err
}

// Shutdown ends the server as an administrator would, with the connections that there are
// (fast mode), and keeps the data for Restart.
func (s *Server) Shutdown() error {
	return s.end(func(run *child.Process) error { return s.terminate(run, syscall.SIGINT) })
}

// terminate asks the server to end, and kills it when it has not within its grace.
func (s *Server) terminate(run *child.Process, signal syscall.Signal) error {
	// A frozen process acts on nothing but SIGKILL until it is resumed.
	if err := errors.Join(run.Signal(signal), signalAll(run, syscall.SIGCONT)); err != nil {
		return err
	}
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-run.Exited():
		return nil
	case <-timer.C:
		return killAll(run)
	}
}

// Kill ends the server and all its backends as a crash would (SIGKILL) and returns when they
// are gone.
func (s *Server) Kill() error { return s.end(killAll) }

func (s *Server) end(how func(*child.Process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	s.told.Store(true)
	return how(s.run)
}

// Freeze stops the server and all its backends from running until Thaw: connections stay open
// and nothing is answered.
func (s *Server) Freeze() error { return s.whileRunning(freezeAll) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() error {
	return s.whileRunning(func(run *child.Process) error { return signalAll(run, syscall.SIGCONT) })
}

func (s *Server) whileRunning(do func(*child.Process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil || !s.run.Alive() {
		return fmt.Errorf("%s does not run", s.options.Installation)
	}
	return do(s.run)
}

// Died tells, once for each time, that the server ended and nobody had told it to.
func (s *Server) Died() <-chan error { return s.died }

// Installation is what runs.
func (s *Server) Installation() Installation { return s.options.Installation }

// Port is the port of 127.0.0.1.
func (s *Server) Port() int { return s.options.Port }

// Dir is where the data, the log and the Unix socket are.
func (s *Server) Dir() string { return s.options.Dir }

// LogPath is the file of the server's log.
func (s *Server) LogPath() string { return filepath.Join(s.options.Dir, "postgres.log") }

// PID is the id of the server's first process, the parent of its backends.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return 0
	}
	return s.run.PID
}

// Do runs a statement as the superuser, in the database postgres.
func (s *Server) Do(ctx context.Context, statement string) error {
	return s.doIn(ctx, Superuser, statement)
}

func (s *Server) doIn(ctx context.Context, database, statement string) error {
	connection, err := pgx.Connect(ctx, s.URL(Superuser, database))
	if err != nil {
		return err
	}
	_, err = connection.Exec(ctx, statement)
	return errors.Join(err, connection.Close(ctx))
}
