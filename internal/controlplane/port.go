package controlplane

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// Free ports come from below the range that systems give to outgoing connections
// (32768 and up). In that range a client could be given the port of a server that
// was killed and is to come back on it.
const (
	firstFreePort = 20000
	lastFreePort  = 32000
)

// FreePort returns a port of 127.0.0.1 that nobody listens on, for a server that is
// started next.
func FreePort() (int, error) { return choosePort(0, "a server") }

// choosePort checks that the wanted port can be listened on, or finds one that can.
// The option is what a person would change.
func choosePort(wanted int, option string) (int, error) {
	if wanted != 0 {
		err := tryPort(wanted)
		if errors.Is(err, syscall.EADDRINUSE) {
			return 0, fmt.Errorf("port %d is in use: stop what listens there, or choose another with %s", wanted, option)
		}
		if err != nil {
			return 0, fmt.Errorf("port %d (%s): %w", wanted, option, err)
		}
		return wanted, nil
	}
	var err error
	for range 50 {
		port := firstFreePort + rand.IntN(lastFreePort-firstFreePort)
		if err = tryPort(port); err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("found no free port for %s: %w", option, err)
}

// tryPort listens on a port for a moment.
func tryPort(port int) error {
	l, err := net.Listen("tcp", localAddress(port))
	if err != nil {
		return err
	}
	return l.Close()
}

func localAddress(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
