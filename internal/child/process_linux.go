package child

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// tie puts a child into a process group of its own, so that Ctrl-C in
// a terminal reaches only the parent, which then stops its children in order; and
// has the kernel kill the child when the parent dies.
func tie(attributes *syscall.SysProcAttr) {
	attributes.Setpgid, attributes.Pdeathsig = true, syscall.SIGKILL
}

// CommandLine returns the arguments of a running process, none if there is no
// such process.
func CommandLine(pid int) []string {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil || len(raw) == 0 {
		return nil
	}
	return strings.Split(strings.TrimRight(string(raw), "\x00"), "\x00")
}

// awaitStopped returns when a child that got SIGSTOP has no thread left that
// runs: the kernel tells its parent then, and not before. The news is left in
// place, so that a second wait is answered as well.
func awaitStopped(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
