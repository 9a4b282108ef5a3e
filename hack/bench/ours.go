package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"

	v1 "github.com/acme/inventory-service/api/v1"
)

// ours is the operator's own binary with everything on, informers, journal,
// publisher and metrics; carts are sent as Reservation objects.
type ours struct {
	watching
	called   string
	flags    []string // besides those that every operator here has
	sink     string   // URL, empty for no events
	operator *process
	bridge   string // URL
	metrics  string // URL
	pprof    string // URL
	env      []string
	// users are the contenders that use the operator: objects, bridge or both.
	users int
	// made counts the namespaces: what a journal knows outlives the objects.
	made int
}

func newOurs(l *lab, flags ...string) *ours {
	return &ours{watching: watching{lab: l}, called: "ours", flags: flags}
}

func (o *ours) name() string { return o.called }

// start fills a namespace and runs the operator there until it sells everything,
// unless another contender has.
func (o *ours) start(ctx context.Context, w workload, sink string) error {
	if o.users++; o.users > 1 {
		return nil
	}
	o.sink = sink
	o.made++
	o.namespace = fmt.Sprintf("bench-%s-%s-%d", o.called, w.name, o.made)
	if err := o.stock(ctx, o.namespace, w); err != nil {
		return err
	}
	if err := o.run(ctx, steadyLease...); err != nil {
		return err
	}
	return o.awaitStock(ctx, o.namespace, func(i *v1.StockItem) bool { return i.Status.ObservedGeneration == i.Generation })
}

// steadyLease keeps an operator leading where others leave it no CPU time for some
// seconds: in a cell nobody is to take over, and none is to fail by a timing.
var steadyLease = []string{"--lease-duration", "1m", "--renew-deadline", "45s"}

// run starts the operator.
func (o *ours) run(ctx context.Context, more ...string) error {
	bridge, err := freeAddress()
	if err != nil {
		return err
	}
	metrics, err := freeAddress()
	if err != nil {
		return err
	}
	pprof, err := freeAddress()
	if err != nil {
		return err
	}
	o.bridge, o.metrics, o.pprof = "http://"+bridge, "http://"+metrics+"/metrics", "http://"+pprof
	command := exec.Command(o.lab.operator, append([]string{
		"--kubeconfig", o.operatorConfig, "--bridge-address", bridge, "--authentication", "none", "--metrics-address", metrics, "--pprof-address", pprof,
		"--namespaces", o.namespace, "--default-namespace", o.namespace,
		"--leader-election-namespace", systemNamespace, "--leader-election-id", o.namespace,
		"--sink", o.sink, "--reply", "always",
	}, slices.Concat(o.flags, more)...)...)
	command.Env = append(os.Environ(), o.env...)
	if o.operator, err = o.lab.run(o.namespace, command); err != nil {
		return err
	}
	return o.operator.awaitOK(ctx, o.bridge+"/readyz")
}

func (o *ours) pprofURL() string { return o.pprof }

func (o *ours) usage(ctx context.Context) (usage, error) {
	f, err := scrape(ctx, o.metrics)
	return f.usage(), err
}

func (o *ours) stop() error {
	if o.users--; o.users > 0 {
		return nil
	}
	var failed error
	if o.operator != nil {
		failed = o.operator.stop()
		o.operator = nil
	}
	return errors.Join(failed, o.clear(context.Background(), o.namespace))
}
