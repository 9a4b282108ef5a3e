package controlplanetest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// Ports for tests come from below those that control planes choose for themselves
// and those that systems give to outgoing connections, so that none of these takes
// one between FreePort and its use.
const (
	firstPort = 10000
	lastPort  = 20000
)

// given are the ports that were given out, each once in a test binary.
var given struct {
	sync.Mutex
	ports map[int]bool
}

// FreePort returns a port of 127.0.0.1 that nobody listens on, another one each time.
func FreePort(tb testing.TB) int {
	tb.Helper()
	given.Lock()
	defer given.Unlock()
	if given.ports == nil {
		given.ports = map[int]bool{}
	}
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if !given.ports[port] && free(port) {
			given.ports[port] = true
			return port
		}
	}
	tb.Fatal("found no free port")
	return 0
}

func free(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
