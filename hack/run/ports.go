package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"
)

// port is a port of 127.0.0.1 and the variable of "make run" that sets it.
type port struct {
	number   int
	variable string
}

func (o options) ports() []port {
	all := []port{
		{o.bridgePort, "BRIDGE_PORT"}, {o.metricsPort, "METRICS_PORT"}, {o.sinkPort, "SINK_PORT"},
		{o.apiServerPort, "APISERVER_PORT"}, {o.etcdPort, "ETCD_PORT"},
	}
	if o.archive {
		all = append(all, port{o.databasePort, "DATABASE_PORT"})
	}
	return all
}

// patience is how long a taken port may take to become free: the kernel needs a
// moment to clear away the servers of a run that was just killed.
const patience = 2 * time.Second

// checkPorts fails with one line if a port cannot be used, before anything is
// started.
func checkPorts(ctx context.Context, ports []port, patience time.Duration) error {
	taken := map[int]string{}
	for _, p := range ports {
		if other := taken[p.number]; other != "" {
			return fmt.Errorf("%s and %s are both %d: give them ports of their own", other, p.variable, p.number)
		}
		taken[p.number] = p.variable
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, p := range ports {
		if err := p.await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// await returns when the port can be listened on, or with the reason why not.
func (p port) await(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := p.try()
		if !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("port %d is in use: choose another with make run %s=<port>", p.number, p.variable)
		case <-tick.C:
		}
	}
}

// try listens on the port for a moment.
func (p port) try() error {
	if p.number < 1 || p.number > 65535 {
		return fmt.Errorf("%s is %d: give a port from 1 to 65535", p.variable, p.number)
	}
	listener, err := net.Listen("tcp", loopback(p.number))
	if err != nil {
		return fmt.Errorf("port %d (%s): %w", p.number, p.variable, err)
	}
	return listener.Close()
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
