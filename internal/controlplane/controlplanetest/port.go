package controlplanetest

import (
	"testing"

	"github.com/acme/inventory-service/internal/controlplane"
)

// Ports for tests come from below those that control planes choose for themselves
// and those that systems give to outgoing connections, so that none of these takes
// one between FreePort and its use.
const (
	firstPort = 10000
	lastPort  = 20000
)

// FreePort returns a port of 127.0.0.1 that nobody listens on, another one each time, also
// in tests of other packages that run beside this one.
func FreePort(tb testing.TB) int {
	tb.Helper()
	port, err := controlplane.FreePortIn(firstPort, lastPort)
	if err != nil {
		tb.Fatal(err)
	}
	return port
}
