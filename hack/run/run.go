package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/acme/inventory-service/internal/controlplane"
)

// run starts everything, waits until ctx ends or a part fails, and stops
// everything in the reverse order. That a person asked for the end is no failure.
func run(ctx context.Context, o options, tell *progress) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r := &session{options: o, tell: tell, fail: fail}
	err := r.start(ctx)
	if err == nil {
		<-ctx.Done()
	}
	// What was under way when the run was ended failed for that reason.
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if errors.Is(err, errAsked) {
		err = nil
	}
	err = errors.Join(err, r.stop())
	if err == nil {
		tell.say("stopped; data and logs stay in %s (make clean-run removes them)", o.dir)
	}
	return err
}

// session is one run: what it has started so far.
type session struct {
	options options
	tell    *progress
	fail    context.CancelCauseFunc // ends the run
	parts   []part
	// databaseURL is where the archive writes, where one runs.
	databaseURL string
}

// part is something that was started and is to be stopped. The end of one
// without a name is not worth a line.
type part struct {
	name string
	stop func() error
}

// started remembers a part, and ends the run when it reports that it died.
func (s *session) started(ctx context.Context, name string, stop func() error, died <-chan error) {
	s.parts = append(s.parts, part{name, stop})
	go func() {
		select {
		case err := <-died:
			s.fail(err)
		case <-ctx.Done():
		}
	}()
}

// stop stops what was started, the last first.
func (s *session) stop() error {
	var failed error
	for _, p := range slices.Backward(s.parts) {
		if p.name != "" {
			s.tell.say("stopping %s", p.name)
		}
		failed = errors.Join(failed, p.stop())
	}
	return failed
}

// start brings everything up, one part after the other, and prints what to try.
func (s *session) start(ctx context.Context) error {
	o, tell := s.options, s.tell
	if _, err := os.Stat(o.operator); err != nil {
		return fmt.Errorf("no operator to run: %w: build it with make build", err)
	}
	if err := checkPorts(ctx, o.ports(), patience); err != nil {
		return err
	}

	tell.say("starting etcd and kube-apiserver, data in %s", o.dir)
	plane, err := controlplane.Start(ctx, controlplane.Options{
		Assets: o.assets, Dir: o.dir, APIServerPort: o.apiServerPort, EtcdPort: o.etcdPort,
	})
	if err != nil {
		return err
	}
	s.started(ctx, "kube-apiserver and etcd", plane.Stop, plane.Died())

	tell.say("installing the API and its roles")
	stock, err := install(ctx, o, plane.RESTConfig())
	if err != nil {
		return err
	}
	tell.say("%s", stock)
	if o.archive {
		if err := s.startDatabase(ctx); err != nil {
			return err
		}
	}
	return s.startOperator(ctx, plane)
}

// startOperator starts the sink and the operator against a prepared control plane.
func (s *session) startOperator(ctx context.Context, plane *controlplane.ControlPlane) error {
	o, tell := s.options, s.tell
	keys := credentialsIn(o)
	s.parts = append(s.parts, part{stop: keys.remove})
	if err := keys.write(ctx, plane, o); err != nil {
		return err
	}
	sink, err := startSink(o.sinkPort, tell.out)
	if err != nil {
		return err
	}
	s.started(ctx, "the sink", sink.stop, sink.died)

	stock, err := newShop(plane.RESTConfig())
	if err != nil {
		return err
	}
	before, err := stock.leader(ctx)
	if err != nil {
		return err
	}
	tell.say("starting the operator, log in %s", o.file(operatorLog))
	operator, err := startOperator(o, keys)
	if err != nil {
		return err
	}
	s.started(ctx, "the operator", operator.stop, operator.died)

	tell.say("waiting until it decides (after a kill, until the lease of the killed one lapses)")
	product, err := stock.awaitReady(ctx, o.bridgePort, before)
	if err != nil {
		return operator.explain(err)
	}
	if o.archive {
		if err := s.startArchive(ctx, keys, product != ""); err != nil {
			return err
		}
	}
	tell.say("ready")
	_, err = fmt.Fprint(tell.out, banner(o, keys.admin, product))
	return err
}
