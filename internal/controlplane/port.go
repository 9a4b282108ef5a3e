package controlplane

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
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
	port, err := FreePortIn(firstFreePort, lastFreePort)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", option, err)
	}
	return port, nil
}

// FreePortIn returns a port of 127.0.0.1 that nobody listens on, of those from first up to last,
// which is not one of them. No process of this user that asks here is given the port again while
// this one lives: a server may begin to listen on it seconds later, or end and come back.
func FreePortIn(first, last int) (int, error) {
	var failed error
	for range 100 {
		port := first + rand.IntN(last-first)
		if err := tryPort(port); err != nil {
			failed = err
			continue
		}
		if given.take(port) {
			return port, nil
		}
	}
	return 0, errors.Join(errors.New("found no free port"), failed)
}

// ports are those that were given out.
type ports struct {
	mu   sync.Mutex
	here map[int]bool
	// file has a byte for each port, which the process that was given the port has locked. The
	// kernel lets go of the locks with the process, however that ends.
	file *os.File
}

var given = ports{here: map[int]bool{}}

// take is false where the port was given out already, here or to another process.
func (p *ports) take(port int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.here[port] || !p.lock(port) {
		return false
	}
	p.here[port] = true
	return true
}

// lock is false where another process has the port. Where there can be no file, nobody is asked.
func (p *ports) lock(port int) bool {
	if p.file == nil {
		path := filepath.Join(os.TempDir(), fmt.Sprintf("inventory-ports-%d", os.Getuid()))
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return true
		}
		p.file = file // stays open: closing it would let go of all of its locks
	}
	mine := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: int64(port), Len: 1}
	err := syscall.FcntlFlock(p.file.Fd(), syscall.F_SETLK, &mine)
	return !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EACCES)
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
