package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// core decides carts by the journal of a namespace: what the operator decides by, without
// its bridge and without any object.
type core struct{ runner *allocator.Runner }

// openCore returns a core that has to run.
func openCore(kubeconfig, namespace string) (*core, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	clock := &allocator.ServerClock{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return clock.Transport(next) })
	client, err := journal.NewClient(config, nil)
	if err != nil {
		return nil, err
	}
	runner := allocator.NewRunner(allocator.RunnerOptions{
		Client: client, Namespace: namespace, Now: clock.Now,
		Config: journal.Config{
			Self: journal.Leader{Name: "bench"}, Process: uuid.NewString(), Fill: 16 << 10, MaxPage: 512 << 10, Spare: 4,
			WriteFormat: journal.Format, Pack: journal.Pack, Bandwidth: 600_000,
		},
		Policy: stock.Policy{
			Retention: micros(24 * time.Hour), Grace: micros(5 * time.Minute), Limit: 64 << 20, CompactAbove: 1 << 20, Batch: 256 << 10,
		},
	})
	runner.Elect(true)
	return &core{runner: runner}, nil
}

func micros(d time.Duration) stock.Time { return stock.Time(d.Microseconds()) }

// declare takes in so many products, with so many units each, once this process leads.
func (c *core) declare(ctx context.Context, products int, received int64) error {
	if err := c.await(ctx); err != nil {
		return err
	}
	for n := range products {
		// As long as the UUIDs of the published contract, and those of the workloads.
		product := stock.ID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
		c.runner.Tell(stock.PutItem{Item: stock.Item{
			UID: product, Name: string(product), Product: product, Location: "default", Generation: 1, Version: uint64(n + 1), Received: received,
		}})
	}
	return c.await(ctx)
}

// await returns when all that was asked before is decided.
func (c *core) await(ctx context.Context) error {
	_, err := c.runner.Ask(ctx, stock.ShowItem{UID: "none"})
	return err
}

// Reserve implements decider.
func (c *core) Reserve(ctx context.Context, id string, items []events.Item) (bool, error) {
	wanted := stock.Reservation{
		ID: stock.ID(id), Outcome: stock.ID(uuid.NewString()), Cart: stock.ID(id),
		Command: stock.Command{Source: "/bench", ID: stock.ID(id), Time: stock.Time(time.Now().UnixMicro())},
	}
	for _, i := range items {
		wanted.Lines = append(wanted.Lines, stock.Line{Product: stock.ID(i.ProductID), Quantity: i.Quantity})
	}
	answer, err := c.runner.Ask(ctx, stock.Reserve{Wanted: wanted, Hold: micros(15 * time.Minute)})
	if err != nil {
		return false, err
	}
	if answer.Reservation == nil {
		return false, fmt.Errorf("cart %s is not decided: verdict %d", id, answer.Verdict)
	}
	return answer.Reservation.Phase == stock.PhaseReserved, nil
}

// Release implements decider.
func (c *core) Release(ctx context.Context, id string) error {
	answer, err := c.runner.Ask(ctx, stock.Release{Reservation: stock.ID(id)})
	if err == nil && answer.Verdict != stock.Done && answer.Verdict != stock.Repeated {
		err = errors.New("it cannot be released")
	}
	return err
}
