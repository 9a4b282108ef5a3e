//go:build unix && !linux

package main

import "syscall"

// childAttributes keep Ctrl-C, which a terminal sends to the whole process group,
// from the operator, which is told in its turn.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
