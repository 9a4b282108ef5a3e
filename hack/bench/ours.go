package main

import (
	"context"
	"errors"
	"os"
	"os/exec"

	v1 "github.com/acme/inventory-service/api/v1"
)

// ours is the operator's own binary with everything on, informers, ledger,
// publisher and metrics; carts are sent as Reservation objects.
type ours struct {
	*lab
	sink      string // URL
	operator  *process
	bridge    string // URL
	metrics   string // URL
	pprof     string // URL
	env       []string
	outcomes  *watcher
	namespace string
}

func newOurs(l *lab, sink string) *ours { return &ours{lab: l, sink: sink} }

func (*ours) name() string { return "ours" }

func (o *ours) start(ctx context.Context, w workload) error {
	if err := o.open(ctx, "bench-ours-"+w.name, w); err != nil {
		return err
	}
	var err error
	o.outcomes, err = o.watch(ctx, o.namespace)
	return err
}

// open fills a namespace and runs the operator there until it sells everything.
func (o *ours) open(ctx context.Context, namespace string, w workload) error {
	o.namespace = namespace
	if err := o.stock(ctx, namespace, w); err != nil {
		return err
	}
	if err := o.run(ctx); err != nil {
		return err
	}
	return o.awaitStock(ctx, namespace, func(i *v1.StockItem) bool { return i.Status.ObservedGeneration == i.Generation })
}

// run starts the operator.
func (o *ours) run(ctx context.Context, flags ...string) error {
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
		"--kubeconfig", o.operatorConfig, "--bridge-address", bridge, "--metrics-address", metrics, "--pprof-address", pprof,
		"--namespaces", o.namespace, "--default-namespace", o.namespace,
		"--leader-election-namespace", systemNamespace, "--leader-election-id", o.namespace,
		"--sink", o.sink,
	}, flags...)...)
	command.Env = append(os.Environ(), o.env...)
	if o.operator, err = o.lab.run(o.namespace, command); err != nil {
		return err
	}
	return o.operator.awaitOK(ctx, o.bridge+"/readyz")
}

func (o *ours) reserve(ctx context.Context, id string, items []v1.ReservationItem) (string, bool, error) {
	return o.outcomes.reserve(ctx, id, items)
}

func (o *ours) release(ctx context.Context, name string) error { return o.outcomes.release(ctx, name) }

func (o *ours) pprofURL() string { return o.pprof }

func (o *ours) usage(ctx context.Context) (usage, error) {
	f, err := scrape(ctx, o.metrics)
	return f.usage(), err
}

func (o *ours) stop() error {
	var failed error
	if o.outcomes != nil {
		o.outcomes.stop()
		o.outcomes = nil
	}
	if o.operator != nil {
		failed = o.operator.stop()
		o.operator = nil
	}
	return errors.Join(failed, o.clear(context.Background(), o.namespace))
}
