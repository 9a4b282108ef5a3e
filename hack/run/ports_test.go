package main

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

func TestCheckPorts(t *testing.T) {
	taken, free := listen(t), controlplanetest.FreePort(t)
	tests := map[string]struct {
		ports []port
		want  string // empty: all is well
	}{
		"free":    {[]port{{free, "BRIDGE_PORT"}}, ""},
		"in use":  {[]port{{free, "BRIDGE_PORT"}, {taken, "SINK_PORT"}}, "port " + strconv.Itoa(taken) + " is in use: choose another with make run SINK_PORT=<port>"},
		"twice":   {[]port{{free, "BRIDGE_PORT"}, {free, "ETCD_PORT"}}, "BRIDGE_PORT and ETCD_PORT are both " + strconv.Itoa(free)},
		"zero":    {[]port{{0, "BRIDGE_PORT"}}, "BRIDGE_PORT is 0: give a port from 1 to 65535"},
		"too big": {[]port{{65536, "BRIDGE_PORT"}}, "BRIDGE_PORT is 65536: give a port from 1 to 65535"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := checkPorts(t.Context(), tt.ports, time.Millisecond)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line that begins with %q", err, tt.want)
			}
		})
	}
}

// A port that the kernel is about to give back is waited for.
func TestCheckPortsWaits(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := port{listener.Addr().(*net.TCPAddr).Port, "BRIDGE_PORT"}
	answered := make(chan error, 1)
	go func() { answered <- checkPorts(t.Context(), []port{p}, time.Minute) }()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// listen takes a port for the length of the test.
func listen(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}
