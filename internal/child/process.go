package child

import (
	"cmp"
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

// Process is one run of a program. Its methods may be called from any goroutine.
type Process struct {
	// Name is the base name of the program, for messages.
	Name string
	// PID is the process's id.
	PID int

	logPath string
	pidPath string // empty: none is kept
	logFrom int64  // where this run's part of the log begins

	exited  chan struct{} // closed when the process is gone; exitErr is set then
	exitErr error
}

// Start starts a command, its output appended to the file logPath and its process id
// written to the file pidPath, unless that is empty. It works in the command's Dir, by
// default that of the log, and as whom the command's SysProcAttr says, if that is set.
//
// The kernel ties the child's life to the thread that started it, not to the
// whole process. So one goroutine, locked to its thread, both starts the child
// and waits for it: that thread lives as long as the child does.
func Start(cmd *exec.Cmd, logPath, pidPath string) (*Process, error) {
	p := &Process{Name: filepath.Base(cmd.Path), logPath: logPath, pidPath: pidPath, exited: make(chan struct{})}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := log.Stat(); err == nil {
		p.logFrom = info.Size()
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = cmp.Or(cmd.Dir, filepath.Dir(logPath))
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	tie(cmd.SysProcAttr)

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
		return nil, fmt.Errorf("starting %s: %w", p.Name, err)
	}
	p.PID = cmd.Process.Pid
	if pidPath == "" {
		return p, nil
	}
	if err := os.WriteFile(pidPath, []byte(strconv.Itoa(p.PID)), 0o600); err != nil {
		_ = p.Kill()
		return nil, err
	}
	return p, nil
}

// Exited is closed when the process is gone.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// ExitErr says how the process ended, "exit status 0" included. It is for calls after
// Exited is closed.
func (p *Process) ExitErr() error { return p.exitErr }

// Alive tells whether the process still runs.
func (p *Process) Alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// Signal sends a signal, unless the process is gone.
func (p *Process) Signal(sig syscall.Signal) error {
	if !p.Alive() {
		return nil
	}
	if err := syscall.Kill(p.PID, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("sending %s to %s (pid %d): %w", sig, p.Name, p.PID, err)
	}
	return nil
}

// Pause stops the process from running and returns when none of its threads does.
func (p *Process) Pause() error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	if err := awaitStopped(p.PID); err != nil {
		return fmt.Errorf("waiting until %s (pid %d) is paused: %w", p.Name, p.PID, err)
	}
	return nil
}

// Kill ends the process at once and waits until it is gone.
func (p *Process) Kill() error {
	if err := p.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.exited
	return p.forget()
}

// forget removes the file that names the process.
func (p *Process) forget() error {
	if p.pidPath == "" {
		return nil
	}
	return os.RemoveAll(p.pidPath)
}

// Terminate asks the process to end, and kills it when it has not within grace.
func (p *Process) Terminate(grace time.Duration) error {
	// A paused process acts on nothing but SIGKILL until it is resumed.
	if err := errors.Join(p.Signal(syscall.SIGTERM), p.Signal(syscall.SIGCONT)); err != nil {
		return err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
		return p.forget()
	case <-timer.C:
		return p.Kill()
	}
}

// Failure tells what happened to the process, with the end of its log.
func (p *Process) Failure(what string) error {
	return fmt.Errorf("%s %s; the end of %s:\n%s", p.Name, what, p.logPath, p.LogTail(12))
}

// LogTail returns the last lines this run has logged, indented.
func (p *Process) LogTail(lines int) string {
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
