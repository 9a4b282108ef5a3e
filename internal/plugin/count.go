package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
)

// count is the verb.
func (p *plugin) count() *cobra.Command {
	c := &cobra.Command{
		Use:   "count ITEM UNITS",
		Short: "Say how many units were counted on hand",
		Long: `Say how many units were counted on hand, those that are reserved among them: received
becomes what was counted plus what was ever shipped from there.

What is shipped from the moment you give the command on is taken off what was counted. So
give it as soon as you have counted, before units that are in the count are declared as
shipped. Where somebody else changes received meanwhile, such as for a delivery, nothing is
changed and the exit code is 1: the units may have been in your count, or not. Sales in
between do not matter.`,
		Example:           "  kubectl inventory count blue-mug-amsterdam 470",
		Args:              arguments(2, 2, "a StockItem and a number of units"),
		ValidArgsFunction: p.itemNames(true),
	}
	w := p.writingFlags(c)
	c.RunE = func(c *cobra.Command, given []string) error {
		counted, err := parseUnits(given[1])
		if err != nil {
			return err
		}
		reach, namespace, err := p.cluster()
		if err != nil {
			return err
		}
		item, before, err := w.recount(c.Context(), reach, client.ObjectKey{Namespace: namespace, Name: given[0]}, counted)
		if err != nil {
			return err
		}
		if item, err = w.shown(c.Context(), reach, item); err != nil {
			return err
		}
		return w.object(item, fmt.Sprintf("%s counted, received is %d (%+d): %s%s",
			nameOf("StockItem", item.Name), item.Spec.Received, item.Spec.Received-before, w.figures(item), w.suffix()))
	}
	return c
}

// recount makes a StockItem have what was counted on hand. It returns what it had received
// before.
func (w *writing) recount(ctx context.Context, reach *cluster.Cluster, key client.ObjectKey, counted int64) (item *v1.StockItem, before int64, err error) {
	if item, err = reach.Item(ctx, key); err != nil {
		return nil, 0, err
	}
	if err := cluster.Counted(item); err != nil {
		return nil, 0, refused("%w", err)
	}
	// What was shipped is asked for once: what ships later was in the count.
	consumed, fromStatus, err := reach.Consumed(ctx, item)
	if err != nil {
		return nil, 0, err
	}
	if fromStatus != nil {
		w.warn("what was shipped is taken from the item's status, which may lag by seconds: %v", fromStatus)
	}
	received := counted + consumed
	if received > maxUnits {
		return nil, 0, refused("StockItem %s: %d counted and %d shipped are more than %d", item.Name, counted, consumed, int64(maxUnits))
	}
	before = item.Spec.Received
	if err := reach.Change(ctx, item, cluster.Edit{Spec: map[string]any{"received": received}}, w.dry()); err != nil {
		return nil, 0, fmt.Errorf("%w: look at it and count again", err)
	}
	return item, before, nil
}
