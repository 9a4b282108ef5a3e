//go:build unix && !linux

package postgres

import (
	"errors"
	"syscall"

	"github.com/acme/inventory-service/internal/child"
)

// errLinux says that backends are found on Linux alone.
var errLinux = errors.New("freezing PostgreSQL needs Linux")

// signalAll reaches the server alone.
func signalAll(run *child.Process, sig syscall.Signal) error { return run.Signal(sig) }

func freezeAll(*child.Process) error { return errLinux }

// killAll ends the server; its backends end when they notice.
func killAll(run *child.Process) error { return run.Kill() }
