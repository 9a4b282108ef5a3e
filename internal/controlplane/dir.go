package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/acme/inventory-service/internal/child"
)

// tempPattern names temporary directories.
const tempPattern = "inventory-controlplane-"

// directory is a control plane's directory, locked for this process.
type directory struct {
	path string
	temp bool // removed by close
	lock *os.File
}

// openDirectory makes and locks the directory, and ends servers that an earlier
// run left behind in it. An empty path makes a temporary one.
func openDirectory(path string) (_ *directory, err error) {
	d := &directory{path: path}
	if path == "" {
		removeAbandoned(os.TempDir())
		if d.path, err = os.MkdirTemp("", tempPattern); err != nil {
			return nil, err
		}
		d.temp = true
	} else if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	if d.lock, err = lockDirectory(d.path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = d.close()
		}
	}()
	if err := d.endOrphans(); err != nil {
		return nil, err
	}
	if err := d.removeLogs(); err != nil {
		return nil, err
	}
	// Nothing of an earlier run's credentials is worth keeping.
	if err := os.RemoveAll(d.run()); err != nil {
		return nil, err
	}
	return d, os.Mkdir(d.run(), 0o700)
}

func (d *directory) run(name ...string) string {
	return filepath.Join(append([]string{d.path, "run"}, name...)...)
}

func (d *directory) etcdData() string           { return filepath.Join(d.path, "etcd") }
func (d *directory) logPath(name string) string { return filepath.Join(d.path, name+".log") }
func (d *directory) pidPath(name string) string { return filepath.Join(d.path, name+".pid") }

// close removes what only a running control plane needs and gives up the lock.
func (d *directory) close() error {
	gone := d.run()
	if d.temp {
		gone = d.path
	}
	return errors.Join(os.RemoveAll(gone), d.lock.Close())
}

// lockDirectory takes the directory's lock, which the kernel gives up when this
// process ends, however it ends.
func lockDirectory(path string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(lock.Name())
		_ = lock.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", lock.Name(), err)
		}
		return nil, fmt.Errorf("%s is in use by a running control plane (pid %s): stop that one, or choose another directory",
			path, strings.TrimSpace(string(holder)))
	}
	if err := lock.Truncate(0); err == nil {
		_, _ = lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return lock, nil
}

// endOrphans ends every server that an earlier run left behind, those of added API
// servers too, and etcd last.
func (d *directory) endOrphans() error {
	paths, err := filepath.Glob(d.pidPath(apiServerName + "*"))
	if err != nil {
		return err
	}
	for _, path := range append(paths, d.pidPath(etcdName)) {
		if err := d.endOrphan(strings.TrimSuffix(filepath.Base(path), ".pid")); err != nil {
			return err
		}
	}
	return nil
}

// removeLogs removes the logs of an earlier run.
func (d *directory) removeLogs() error {
	paths, err := filepath.Glob(d.logPath(apiServerName + "*"))
	if err != nil {
		return err
	}
	for _, path := range append(paths, d.logPath(etcdName)) {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// endOrphan kills the server that an earlier run on this directory left behind,
// if its pid file still names it: a process of that name with this directory in its
// arguments, and not one that happens to have got the same pid.
func (d *directory) endOrphan(name string) error {
	raw, err := os.ReadFile(d.pidPath(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(raw))); err == nil && pid > 1 {
		for deadline := time.Now().Add(10 * time.Second); d.runs(name, pid); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				return fmt.Errorf("%s (pid %d) of an earlier run on %s does not end: end it by hand", name, pid, d.path)
			}
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return os.RemoveAll(d.pidPath(name))
}

// runs tells whether pid is the server of that name, working on this directory.
func (d *directory) runs(name string, pid int) bool {
	args := child.CommandLine(pid)
	program := etcdName
	if strings.HasPrefix(name, apiServerName) {
		program = apiServerName
	}
	if len(args) == 0 || filepath.Base(args[0]) != program {
		return false
	}
	return slices.ContainsFunc(args, func(arg string) bool {
		return strings.Contains(arg, "="+d.path+string(filepath.Separator))
	})
}

// removeAbandoned removes temporary directories whose process was killed before
// it could. A new one may not be locked yet, so only old ones count.
func removeAbandoned(temp string) {
	dirs, _ := filepath.Glob(filepath.Join(temp, tempPattern+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if lock, err := lockDirectory(dir); err == nil {
			d := &directory{path: dir, temp: true, lock: lock}
			if d.endOrphans() == nil {
				_ = d.close()
			} else {
				_ = lock.Close()
			}
		}
	}
}
