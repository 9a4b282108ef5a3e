//go:build unix && !linux

package child

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tie puts a child into a process group of its own, so that Ctrl-C in
// a terminal reaches only the parent, which then stops its children in order.
func tie(attributes *syscall.SysProcAttr) { attributes.Setpgid = true }

// CommandLine returns the arguments of a running process, none if there is no
// such process. Arguments with spaces come apart.
func CommandLine(pid int) []string {
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(out))
}

// awaitStopped returns when a process that got SIGSTOP does not run any more.
func awaitStopped(pid int) error {
	for {
		out, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output()
		if err != nil {
			return fmt.Errorf("ps: %w", err)
		}
		if strings.HasPrefix(strings.TrimSpace(string(out)), "T") {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
}
