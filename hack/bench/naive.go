package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	v1 "github.com/acme/inventory-service/api/v1"
)

// naive is a plain reconciler (hack/bench/naive) that compare-and-swaps each
// StockItem of a cart.
type naive struct {
	watching
	program  string
	workers  int
	operator *process
	metrics  string
}

func (n *naive) name() string { return fmt.Sprintf("naive-%d", n.workers) }

func (n *naive) start(ctx context.Context, w workload, _ string) error {
	n.namespace = fmt.Sprintf("bench-%s-%s", n.name(), w.name)
	if err := n.stock(ctx, n.namespace, w); err != nil {
		return err
	}
	metrics, err := freeAddress()
	if err != nil {
		return err
	}
	n.metrics = "http://" + metrics + "/metrics"
	n.operator, err = n.launch(n.namespace, n.program, "--kubeconfig", n.operatorConfig,
		"--namespace", n.namespace, "--workers", strconv.Itoa(n.workers), "--metrics-address", metrics)
	if err != nil {
		return err
	}
	if err := n.operator.awaitOK(ctx, n.metrics); err != nil {
		return err
	}
	return n.awaitStock(ctx, n.namespace, func(i *v1.StockItem) bool { return i.Status.OnHand == i.Spec.Received })
}

func (n *naive) usage(ctx context.Context) (usage, error) {
	f, err := scrape(ctx, n.metrics)
	return f.usage(), err
}

func (n *naive) stop() error {
	var failed error
	if n.operator != nil {
		failed = n.operator.stop()
		n.operator = nil
	}
	return errors.Join(failed, n.clear(context.Background(), n.namespace))
}
