package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/child"
	"github.com/acme/inventory-service/internal/controlplane"
)

// ErrNoPooler says that this machine has no PgBouncer.
var ErrNoPooler = errors.New("no pgbouncer here: apt-get install pgbouncer")

// Pooler is a PgBouncer in transaction mode before a Server: what belongs to a session, such
// as prepared statements and advisory locks, does not last from one transaction to the next.
type Pooler struct {
	server *Server
	port   int
	dir    string
	run    *child.Process
}

// StartPooler starts a PgBouncer with few connections to the server, and returns when it
// answers. Its caller owes it Stop, before that of the server.
func (s *Server) StartPooler(ctx context.Context) (_ *Pooler, err error) {
	p := &Pooler{server: s}
	if _, err := poolerProgram(); err != nil {
		return nil, err
	}
	if p.port, err = controlplane.FreePort(); err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "inventory-pgbouncer-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Stop())
		}
	}()
	if err := s.owner.own(p.dir); err != nil {
		return nil, err
	}
	return p, p.Restart(ctx)
}

func poolerProgram() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", ErrNoPooler
}

// Restart starts the pooler, again after Kill, and returns when it answers.
func (p *Pooler) Restart(ctx context.Context) error {
	program, err := poolerProgram()
	if err != nil {
		return err
	}
	config, err := p.configure(p.server)
	if err != nil {
		return err
	}
	if p.run, err = child.Start(p.server.owner.command(program, config), filepath.Join(p.dir, "pgbouncer.log"), ""); err != nil {
		return err
	}
	return p.await(ctx)
}

// Kill ends the pooler as a crash would, and with it all connections through it.
func (p *Pooler) Kill() error { return p.run.Kill() }

// configure writes the files of the configuration.
func (p *Pooler) configure(s *Server) (string, error) {
	config, users := filepath.Join(p.dir, "pgbouncer.ini"), filepath.Join(p.dir, "users.txt")
	lines := []string{
		"[databases]", fmt.Sprintf("* = host=127.0.0.1 port=%d", s.options.Port),
		"[pgbouncer]", "listen_addr = 127.0.0.1", fmt.Sprintf("listen_port = %d", p.port), "unix_socket_dir =",
		"pool_mode = transaction", "auth_type = scram-sha-256", "auth_file = " + users,
		"default_pool_size = 3", "max_client_conn = 200", "",
	}
	var known []string
	for _, role := range []string{Superuser, PlainRole} {
		known = append(known, fmt.Sprintf("%q %q\n", role, PasswordOf(role)))
	}
	return config, errors.Join(
		os.WriteFile(config, []byte(strings.Join(lines, "\n")), 0o644),
		os.WriteFile(users, []byte(strings.Join(known, "")), 0o644))
}

// await returns when the pooler answers.
func (p *Pooler) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		connection, err := pgx.Connect(ctx, p.URL(PlainRole, Superuser))
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-p.run.Exited():
			return p.run.Failure(fmt.Sprintf("ended while it started (%v)", p.run.ExitErr()))
		case <-ctx.Done():
			return p.run.Failure(fmt.Sprintf("did not become ready: %v", err))
		case <-tick.C:
		}
	}
}

// URL is how a role, Superuser or PlainRole, reaches a database of the server through the pooler.
func (p *Pooler) URL(role, database string) string { return urlOf(p.port, role, database) }

// Stop ends the pooler and drops its connections.
func (p *Pooler) Stop() error {
	var err error
	if p.run != nil {
		err = p.run.Kill()
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}
