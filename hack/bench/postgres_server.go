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
	"strings"
	"syscall"
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

// database is a PostgreSQL server of our own, with synchronous commit, as it is
// by default.
type database struct {
	server *process
	dsn    string
	pid    int
}

// openDatabase makes an empty database in the lab and starts its server.
func (l *lab) openDatabase() (*database, error) {
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
	d := &database{dsn: fmt.Sprintf("postgres://bench@%s/postgres", address)}
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

// usage sums up the server and its backends.
func (d *database) usage(context.Context) (usage, error) {
	var sum usage
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return sum, err
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		const parent, userTime, systemTime, resident = 1, 11, 12, 21
		if pid != d.pid && fields[parent] != strconv.Itoa(d.pid) {
			continue
		}
		user, _ := strconv.ParseFloat(fields[userTime], 64)
		system, _ := strconv.ParseFloat(fields[systemTime], 64)
		pages, _ := strconv.ParseFloat(fields[resident], 64)
		const ticks = 100 // USER_HZ, the same on every Linux
		sum.cpuSeconds += (user + system) / ticks
		sum.rssBytes += pages * float64(os.Getpagesize())
	}
	return sum, nil
}
