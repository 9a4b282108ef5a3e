package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
)

// receive is the verb.
func (p *plugin) receive() *cobra.Command {
	c := &cobra.Command{
		Use:   "receive ITEM +UNITS | -UNITS",
		Short: "Take in a delivery, or write units off",
		Long: `Take in a delivery, or write units off: raise or lower a StockItem's received, which is a
running total. Two deliveries at the same time both count. Where a StockItem is declared in
Git, change it there instead.`,
		Example:           "  kubectl inventory receive blue-mug-amsterdam +200\n  kubectl inventory receive blue-mug-amsterdam -- -3",
		Args:              arguments(2, 2, "a StockItem and a number of units"),
		ValidArgsFunction: p.itemNames(true),
	}
	w := p.writingFlags(c)
	c.RunE = func(c *cobra.Command, given []string) error {
		units, err := parseDelivery(given[1])
		if err != nil {
			return err
		}
		reach, namespace, err := p.cluster()
		if err != nil {
			return err
		}
		item, err := w.deliver(c.Context(), reach, client.ObjectKey{Namespace: namespace, Name: given[0]}, units)
		if err != nil {
			return err
		}
		if item, err = w.shown(c.Context(), reach, item); err != nil {
			return err
		}
		return w.object(item, fmt.Sprintf("%s received %+d: %s%s", nameOf("StockItem", item.Name), units, w.figures(item), w.suffix()))
	}
	return c
}

// deliver adds units to what a StockItem has received, whatever others add meanwhile.
func (w *writing) deliver(ctx context.Context, reach *cluster.Cluster, key client.ObjectKey, units int64) (*v1.StockItem, error) {
	for attempt := 1; ; attempt++ {
		item, err := reach.Item(ctx, key)
		if err != nil {
			return nil, err
		}
		if err := cluster.Counted(item); err != nil {
			return nil, refused("%w", err)
		}
		received := item.Spec.Received + units
		if received < 0 || received > maxUnits {
			return nil, refused("StockItem %s has received %d: with %+d it would be %d, and it must be from 0 to %d", item.Name, item.Spec.Received, units, received, int64(maxUnits))
		}
		err = reach.Change(ctx, item, cluster.Edit{Spec: map[string]any{"received": received}}, w.dry())
		if !errors.Is(err, cluster.ErrChanged) || attempt == attempts {
			return item, err
		}
	}
}

// figures says where a StockItem stands: as shown, where that was waited for.
func (w *writing) figures(item *v1.StockItem) string {
	if !w.waits() {
		return fmt.Sprintf("received is %d", item.Spec.Received)
	}
	text := fmt.Sprintf("%d on hand, %d reserved, %d available", item.Status.OnHand, item.Status.Reserved, item.Status.Available)
	if item.Status.Shortfall > 0 {
		text += fmt.Sprintf(", %d promised or shipped beyond what was received", item.Status.Shortfall)
	}
	return text
}
