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

// move is the verb.
func (p *plugin) move() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "move ITEM UNITS --to LOCATION",
		Short: "Move units that nobody has reserved to another location",
		Long: `Move units that nobody has reserved to the StockItem of the same product at another
location: they leave the one before they come to the other, so that they are never sold
twice. Where carts were faster, they are put back and the exit code is 3.`,
		Example:           "  kubectl inventory move blue-mug-amsterdam 20 --to rotterdam-2",
		Args:              arguments(2, 2, "a StockItem and a number of units"),
		ValidArgsFunction: p.itemNames(true),
	}
	w := p.writingFlags(c)
	c.Flags().StringVar(&to, "to", "", "the location that gets them")
	p.complete(c, "to", p.locations)
	c.RunE = func(c *cobra.Command, given []string) error {
		units, err := parseUnits(given[1])
		switch {
		case err != nil:
			return err
		case units == 0:
			return misused("0 units need no move")
		case to == "":
			return misused("give --to, the location that gets the units")
		case !w.wait:
			return misused("move has to wait: the units come to the other location only once they have left the first")
		}
		return w.runMove(c.Context(), given[0], units, to)
	}
	return c
}

func (w *writing) runMove(ctx context.Context, name string, units int64, to string) error {
	reach, namespace, err := w.cluster()
	if err != nil {
		return err
	}
	from, err := reach.Item(ctx, client.ObjectKey{Namespace: namespace, Name: name})
	if err != nil {
		return err
	}
	target, err := moveTarget(ctx, reach, from, to)
	if err != nil {
		return err
	}
	switch {
	case !cluster.Serves(from) || !cluster.Serves(target):
		return refused("StockItem %s or %s does not serve: see kubectl inventory levels", from.Name, target.Name)
	case from.Status.Available < units:
		return refused("StockItem %s has %d units that nobody has reserved, not %d", from.Name, from.Status.Available, units)
	}
	if w.dry() {
		return w.rehearseMove(ctx, reach, from, target, units)
	}
	if err := w.take(ctx, reach, from, units); err != nil {
		return err
	}
	key := client.ObjectKeyFromObject(target)
	target, err = w.deliver(ctx, reach, key, units)
	if err != nil {
		return w.putBack(reach, from, units, fmt.Errorf("bring %d units to %s: %w", units, key.Name, err))
	}
	if target, err = w.shown(ctx, reach, target); err != nil {
		return err
	}
	return w.object(target, fmt.Sprintf("%s received %d from %s: %s", nameOf("StockItem", target.Name), units, from.Name, w.figures(target)))
}

// moveTarget is the StockItem that is to get the units.
func moveTarget(ctx context.Context, reach *cluster.Cluster, from *v1.StockItem, to string) (*v1.StockItem, error) {
	if to == from.Spec.LocationID {
		return nil, misused("StockItem %s is at %s already", from.Name, to)
	}
	items, err := reach.Items(ctx, from.Namespace)
	if err != nil {
		return nil, err
	}
	var found *v1.StockItem
	for i := range items {
		if items[i].Spec.LocationID == to && v1.CanonicalID(items[i].Spec.ProductID) == v1.CanonicalID(from.Spec.ProductID) &&
			(found == nil || cluster.Serves(&items[i])) {
			found = &items[i]
		}
	}
	if found == nil {
		return nil, refused("no StockItem has product %s at %s: make one first, with received 0", from.Spec.ProductID, to)
	}
	return found, nil
}

// rehearseMove has the API server check both writes.
func (w *writing) rehearseMove(ctx context.Context, reach *cluster.Cluster, from, target *v1.StockItem, units int64) error {
	if _, err := w.deliver(ctx, reach, client.ObjectKeyFromObject(from), -units); err != nil {
		return err
	}
	target, err := w.deliver(ctx, reach, client.ObjectKeyFromObject(target), units)
	if err != nil {
		return err
	}
	return w.object(target, fmt.Sprintf("%s received %d from %s%s", nameOf("StockItem", target.Name), units, from.Name, w.suffix()))
}

// take takes units from a StockItem and waits until that binds: whoever was promised them
// before is seen then, and keeps them.
func (w *writing) take(ctx context.Context, reach *cluster.Cluster, from *v1.StockItem, units int64) error {
	shortBefore := from.Status.Shortfall
	cut, err := w.deliver(ctx, reach, client.ObjectKeyFromObject(from), -units)
	if err != nil {
		return err
	}
	shown, err := w.shown(ctx, reach, cut)
	if err != nil {
		return w.putBack(reach, from, units, err)
	}
	if shown.Status.Shortfall > shortBefore {
		return w.putBack(reach, from, units, refused("carts have reserved %d of the units of %s meanwhile", shown.Status.Shortfall-shortBefore, from.Name))
	}
	return nil
}

// putBack gives units back to the StockItem that they came from, also where the caller has
// been interrupted.
func (w *writing) putBack(reach *cluster.Cluster, from *v1.StockItem, units int64, why error) error {
	ctx, cancel := context.WithTimeout(context.Background(), w.timeout)
	defer cancel()
	if _, err := w.deliver(ctx, reach, client.ObjectKeyFromObject(from), units); err != nil {
		return &codedError{Failed, errors.Join(why, fmt.Errorf("%d units have left %s and could not be put back: run kubectl inventory receive %s +%d: %w",
			units, from.Name, from.Name, units, err))}
	}
	return fmt.Errorf("%w: the units were put back", why)
}
