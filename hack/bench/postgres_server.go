package main

import (
	"context"

	"github.com/acme/inventory-service/internal/postgres"
)

// openDatabase returns the lab's PostgreSQL, which it starts the first time: a server of our
// own, with fsync and synchronous commit, as it is by default. Contenders share it, each with
// a database of its own.
func (l *lab) openDatabase(ctx context.Context) (*postgres.Server, error) {
	if l.database != nil {
		return l.database, nil
	}
	server, err := postgres.Start(ctx, postgres.Options{})
	if err != nil {
		return nil, err
	}
	l.stops = append(l.stops, server.Stop)
	l.database = server
	return server, nil
}

// serverUsage sums up a server and its backends.
func serverUsage(server *postgres.Server) (usage, error) {
	pid := server.PID()
	return procUsage(func(p procStat) bool { return p.pid == pid || p.parent == pid })
}
