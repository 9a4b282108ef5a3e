package controlplane

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one run of a server.
type process struct {
	name    string
	pid     int
	logPath string
	pidPath string
	logFrom int64 // where this run's part of the log begins

	exited chan struct{} // closed when the process is gone; exitErr is set then
	// exitErr says how the process ended. Read it after exited is closed.
	exitErr error
}

// spawn starts a server, its output appended to logPath and its pid written to
// pidPath.
//
// The kernel ties the child's life to the thread that started it, not to the
// whole process. So one goroutine, locked to its thread, both starts the child
// and waits for it: that thread lives as long as the child does.
func spawn(binary string, args []string, logPath, pidPath string) (*process, error) {
	p := &process{name: filepath.Base(binary), logPath: logPath, pidPath: pidPath, exited: make(chan struct{})}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := log.Stat(); err == nil {
		p.logFrom = info.Size()
	}
	cmd := exec.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = filepath.Dir(logPath)
	cmd.SysProcAttr = childAttributes()

	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		// Left locked on purpose: the thread ends with the goroutine.
		err := cmd.Start()
		_ = log.Close() // the child has its own descriptor
		started <- err
		if err != nil {
			return
		}
		if err := cmd.Wait(); err != nil {
			p.exitErr = err
		} else {
			p.exitErr = errors.New("exit status 0")
		}
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.name, err)
	}
	p.pid = cmd.Process.Pid
	if err := os.WriteFile(pidPath, []byte(strconv.Itoa(p.pid)), 0o600); err != nil {
		_ = p.kill()
		return nil, err
	}
	return p, nil
}

// alive tells whether the process still runs.
func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// signal sends a signal, unless the process is gone.
func (p *process) signal(sig syscall.Signal) error {
	if !p.alive() {
		return nil
	}
	if err := syscall.Kill(p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("sending %s to %s (pid %d): %w", sig, p.name, p.pid, err)
	}
	return nil
}

// pause stops the process from running and returns when none of its threads does.
func (p *process) pause() error {
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	if err := awaitStopped(p.pid); err != nil {
		return fmt.Errorf("waiting until %s (pid %d) is paused: %w", p.name, p.pid, err)
	}
	return nil
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.exited
	return os.RemoveAll(p.pidPath)
}

// terminate asks the process to end, and kills it when it has not within grace.
func (p *process) terminate(grace time.Duration) error {
	// A paused process acts on nothing but SIGKILL until it is resumed.
	if err := errors.Join(p.signal(syscall.SIGTERM), p.signal(syscall.SIGCONT)); err != nil {
		return err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
		return os.RemoveAll(p.pidPath)
	case <-timer.C:
		return p.kill()
	}
}

// failure tells what happened to a server, with the end of
// its log.
func (p *process) failure(what string) error {
	return fmt.Errorf("%s %s; the end of %s:\n%s", p.name, what, p.logPath, p.logTail(12))
}

// logTail returns the last lines this run has logged, indented.
func (p *process) logTail(lines int) string {
	const most = 16 << 10
	f, err := os.Open(p.logPath)
	if err != nil {
		return "  " + err.Error()
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "  " + err.Error()
	}
	from := max(p.logFrom, info.Size()-most)
	buf := make([]byte, max(0, info.Size()-from))
	n, _ := f.ReadAt(buf, from)
	all := strings.Split(strings.TrimRight(string(buf[:n]), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return "  " + strings.Join(all, "\n  ")
}
