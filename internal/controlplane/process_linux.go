package controlplane

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// childAttributes puts a child into a process group of its own, so that Ctrl-C in
// a terminal reaches only the parent, which then stops its children in order; and
// has the kernel kill the child when the parent dies.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// commandLine returns the arguments of a running process, none if there is no
// such process.
func commandLine(pid int) []string {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil || len(raw) == 0 {
		return nil
	}
	return strings.Split(strings.TrimRight(string(raw), "\x00"), "\x00")
}
