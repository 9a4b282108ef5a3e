package plugin

import (
	"errors"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/plugin/cluster"
)

// suspend is the verb.
func (p *plugin) suspend() *cobra.Command {
	return p.suspension(&cobra.Command{
		Use:     "suspend ITEM...",
		Short:   "Stop new sales from StockItems",
		Long:    "Stop new sales from StockItems, and wait until that binds. Units that are reserved stay reserved.",
		Example: "  kubectl inventory suspend blue-mug-amsterdam",
	}, true, "suspended")
}

// resume is the verb.
func (p *plugin) resume() *cobra.Command {
	return p.suspension(&cobra.Command{
		Use:     "resume ITEM...",
		Short:   "Sell from StockItems again",
		Example: "  kubectl inventory resume blue-mug-amsterdam",
	}, false, "resumed")
}

func (p *plugin) suspension(c *cobra.Command, suspended bool, became string) *cobra.Command {
	c.Args = arguments(1, -1, "StockItems")
	c.ValidArgsFunction = p.itemNames(false)
	w := p.writingFlags(c)
	c.RunE = func(c *cobra.Command, names []string) error {
		reach, namespace, err := p.cluster()
		if err != nil {
			return err
		}
		var failed []error
		for _, name := range names {
			failed = append(failed, w.setSuspended(c, reach, client.ObjectKey{Namespace: namespace, Name: name}, suspended, became))
		}
		return errors.Join(failed...)
	}
	return c
}

func (w *writing) setSuspended(c *cobra.Command, reach *cluster.Cluster, key client.ObjectKey, suspended bool, became string) error {
	for attempt := 1; ; attempt++ {
		item, err := reach.Item(c.Context(), key)
		if err != nil {
			return err
		}
		err = reach.Change(c.Context(), item, cluster.Edit{Spec: map[string]any{"suspended": suspended}}, w.dry())
		if errors.Is(err, cluster.ErrChanged) && attempt < attempts {
			continue
		}
		if err != nil {
			return err
		}
		if item, err = w.shown(c.Context(), reach, item); err != nil {
			return err
		}
		return w.object(item, nameOf("StockItem", item.Name)+" "+became+w.suffix())
	}
}
