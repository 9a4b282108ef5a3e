package main

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// core is the journal behind the small HTTP server: what the operator decides by, without
// its bridge, its objects and its events. Its clients are those of the bridge.
type core struct {
	*lab
	needless
	commands
	program string
	server  *process
	metrics string // URL
	// made counts the namespaces: each workload has a journal of its own.
	made int
}

func newCore(l *lab, program string) *core {
	return &core{lab: l, commands: newCommands(), program: program}
}

func (*core) name() string { return "core" }

func (c *core) start(ctx context.Context, w workload, sink string) error {
	if sink != "" {
		return errors.New("the core sends no events")
	}
	c.made++
	namespace := fmt.Sprintf("bench-core-%d", c.made)
	if err := c.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	c.url, c.metrics = "http://"+address, "http://"+address+"/metrics"
	c.server, err = c.launch("core", c.program, "--address", address, "--kubeconfig", c.operatorConfig,
		"--journal", namespace, "--products", fmt.Sprint(w.products), "--received", fmt.Sprint(w.received))
	if err != nil {
		return err
	}
	return c.server.awaitOK(ctx, c.metrics)
}

func (c *core) usage(ctx context.Context) (usage, error) {
	f, err := scrape(ctx, c.metrics)
	return f.usage(), err
}

func (c *core) stop() error {
	c.client.CloseIdleConnections()
	if c.server == nil {
		return nil
	}
	server := c.server
	c.server = nil
	return server.stop()
}
