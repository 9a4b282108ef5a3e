package main

import (
	"context"
	"errors"
	"strings"
)

// postgresHTTP is PostgreSQL behind a small HTTP server (hack/bench/server): what
// one would run instead of the operator. Its clients are those of the bridge.
type postgresHTTP struct {
	*lab
	needless
	tables
	commands
	called  string
	program string
	flags   []string
	server  *process
	metrics string // URL
}

// newPostgresServers makes the contenders that have a server: one transaction for each
// cart, the same with an outbox, and groups decided in memory.
func newPostgresServers(l *lab, program string) []contender {
	named := func(name string, flags ...string) contender {
		return &postgresHTTP{lab: l, commands: newCommands(), called: name, program: program, flags: flags}
	}
	return []contender{named("postgres-http"), named("postgres-outbox"), named("postgres-group", "--group")}
}

func (p *postgresHTTP) name() string { return p.called }

func (p *postgresHTTP) start(ctx context.Context, w workload, sink string) error {
	pool, err := p.create(ctx, p.lab, "bench_"+strings.ReplaceAll(p.called, "-", "_"), w)
	if err != nil {
		return err
	}
	pool.Close()
	address, err := freeAddress()
	if err != nil {
		return err
	}
	p.url, p.metrics = "http://"+address, "http://"+address+"/metrics"
	arguments := append([]string{"--address", address, "--dsn", p.dsn(), "--sink", sink}, p.flags...)
	if p.server, err = p.launch(p.called, p.program, arguments...); err != nil {
		return err
	}
	return p.server.awaitOK(ctx, p.metrics)
}

func (p *postgresHTTP) usage(ctx context.Context) (usage, error) {
	f, err := scrape(ctx, p.metrics)
	return f.usage(), err
}

func (p *postgresHTTP) stop() error {
	p.client.CloseIdleConnections()
	var failed error
	if p.server != nil {
		failed = p.server.stop()
		p.server = nil
	}
	return errors.Join(failed, p.drop())
}
