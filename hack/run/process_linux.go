package main

import "syscall"

// childAttributes keep Ctrl-C, which a terminal sends to the whole process group,
// from the operator, which is told in its turn; and have the kernel kill it when
// this process dies.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
