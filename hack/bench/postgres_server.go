package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// errNoPostgres says that this machine has no PostgreSQL server.
var errNoPostgres = errors.New("no PostgreSQL server binaries in /usr/lib/postgresql or on the PATH")

// postgresBinaries is the directory of initdb and postgres, the newest there is.
func postgresBinaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if path, err := exec.LookPath("postgres"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errNoPostgres
	}
	return filepath.Dir(slices.Max(found)), nil
}

// database is a PostgreSQL server of our own, with fsync and synchronous commit, as it
// is by default. Contenders share it, each with a database of its own.
type database struct {
	server *process
	dsn    string // up to the name of the database
	pid    int
}

// openDatabase returns the lab's server, which it starts the first time.
func (l *lab) openDatabase(ctx context.Context) (*database, error) {
	if l.database != nil {
		return l.database, nil
	}
	d, err := l.startDatabase()
	if err != nil {
		return nil, err
	}
	l.stops = append(l.stops, d.server.stop)
	l.database = d
	return d, d.await(ctx)
}

func (l *lab) startDatabase() (*database, error) {
	binaries, err := postgresBinaries()
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench-postgres-") // where another user may enter
	if err != nil {
		return nil, err
	}
	l.stops = append(l.stops, func() error { return os.RemoveAll(dir) })
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	initialise := exec.Command(filepath.Join(binaries, "initdb"), "--pgdata", data, "--username", "bench", "--auth", "trust", "--no-locale", "--encoding", "UTF8")
	initialise.Dir, initialise.SysProcAttr = dir, &syscall.SysProcAttr{Credential: owner}
	if out, err := initialise.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	server := exec.Command(filepath.Join(binaries, "postgres"), "-D", data, "-h", host, "-p", port, "-k", dir, "-c", "max_connections=300")
	server.Dir, server.SysProcAttr = dir, &syscall.SysProcAttr{Credential: owner}
	d := &database{dsn: fmt.Sprintf("postgres://bench@%s/", address)}
	if d.server, err = l.run("postgres", server); err != nil {
		return nil, err
	}
	d.pid = server.Process.Pid
	return d, nil
}

// unprivileged is who runs the server, since it refuses to run as root; nil is
// whoever runs the benchmark.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root and there is no user postgres or nobody")
}

// create makes an empty database.
func (d *database) create(ctx context.Context, name string) error {
	if err := d.drop(ctx, name); err != nil {
		return err
	}
	return d.do(ctx, "CREATE DATABASE "+name)
}

func (d *database) drop(ctx context.Context, name string) error {
	return d.do(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// do runs a statement as the administrator.
func (d *database) do(ctx context.Context, statement string) error {
	connection, err := pgx.Connect(ctx, d.dsn+"postgres")
	if err != nil {
		return err
	}
	_, err = connection.Exec(ctx, statement)
	return errors.Join(err, connection.Close(ctx))
}

// await waits until the server answers.
func (d *database) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := d.do(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		if pauseErr := pause(ctx, 50*time.Millisecond); pauseErr != nil {
			return fmt.Errorf("PostgreSQL does not answer: %w: see %s", err, d.server.log)
		}
	}
}

// usage sums up the server and its backends.
func (d *database) usage() (usage, error) {
	return procUsage(func(p procStat) bool { return p.pid == d.pid || p.parent == d.pid })
}
