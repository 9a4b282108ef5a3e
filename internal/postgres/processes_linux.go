package postgres

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/acme/inventory-service/internal/child"
)

// signalPatience bounds the wait until the kernel has done what a signal says.
const signalPatience = 10 * time.Second

// backends are the living processes that a server has started.
func backends(run *child.Process) []int {
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	var pids []int
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if state, parent, ok := stateOf(pid); ok && parent == run.PID && state != 'Z' {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stateOf reads the state and the parent of a process.
func stateOf(pid int) (state byte, parent int, ok bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, 0, false
	}
	_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')'):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return fields[0][0], parent, err == nil
}

// signalAll sends a signal to the server and its backends.
func signalAll(run *child.Process, sig syscall.Signal) error {
	failed := run.Signal(sig)
	for _, pid := range backends(run) {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			failed = errors.Join(failed, fmt.Errorf("sending %s to a backend (pid %d): %w", sig, pid, err))
		}
	}
	return failed
}

// freezeAll stops the server, which then makes no more backends, and then these.
func freezeAll(run *child.Process) error {
	if err := run.Pause(); err != nil {
		return err
	}
	if err := signalAll(run, syscall.SIGSTOP); err != nil {
		return err
	}
	return awaitAll(backends(run), func(state byte, there bool) bool { return !there || state == 'T' || state == 'Z' })
}

// killAll ends the server and its backends: the data cannot be opened while one lives.
func killAll(run *child.Process) error {
	if !run.Alive() {
		return nil
	}
	if err := run.Pause(); err != nil { // so that it makes no more of them
		return err
	}
	pids := backends(run)
	if err := errors.Join(signalAll(run, syscall.SIGKILL), run.Kill()); err != nil {
		return err
	}
	return awaitAll(pids, func(state byte, there bool) bool { return !there || state == 'Z' })
}

// awaitAll returns when each process is as it should be.
func awaitAll(pids []int, done func(state byte, there bool) bool) error {
	deadline := time.Now().Add(signalPatience)
	for _, pid := range pids {
		for {
			state, _, there := stateOf(pid)
			if done(state, there) {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("the backend with pid %d is in state %c after %s", pid, state, signalPatience)
			}
			time.Sleep(time.Millisecond) // a poll of the kernel
		}
	}
	return nil
}
