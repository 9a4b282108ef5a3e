package plugin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// completer offers what may be typed next.
type completer = func(c *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective)

// completionTimeout is how long somebody waits who has pressed the tab key.
const completionTimeout = 3 * time.Second

func (p *plugin) complete(c *cobra.Command, flag string, by completer) {
	if err := c.RegisterFlagCompletionFunc(flag, by); err != nil {
		panic(err) // there is no such flag: a mistake here
	}
}

func fixed(all ...string) completer {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return beginning(all, begun), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace*unspaced(all)
	}
}

// unspaced is 1 where something is to be typed behind what is offered.
func unspaced(all []string) cobra.ShellCompDirective {
	if slices.ContainsFunc(all, func(s string) bool { return strings.HasSuffix(s, "=") }) {
		return 1
	}
	return 0
}

func beginning(all []string, begun string) []string {
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return !strings.HasPrefix(s, begun) })
}

// offer completes from the cluster; where that cannot be asked nothing is offered.
func (p *plugin) offer(c *cobra.Command, begun string, list client.ObjectList, names func() []string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completionTimeout)
	defer cancel()
	reach, namespace, err := p.cluster()
	if err != nil || reach.List(ctx, list, client.InNamespace(namespace)) != nil {
		return nil, cobra.ShellCompDirectiveError | cobra.ShellCompDirectiveNoFileComp
	}
	return beginning(names(), begun), cobra.ShellCompDirectiveNoFileComp
}

// itemNames offers StockItems, as the first argument or as all.
func (p *plugin) itemNames(only bool) completer {
	return func(c *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
		if only && len(given) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var list v1.StockItemList
		return p.offer(c, begun, &list, func() (names []string) {
			for i := range list.Items {
				names = append(names, list.Items[i].Name)
			}
			return names
		})
	}
}

// products offers ids of products and, since they are hard to type, names of StockItems.
func (p *plugin) products(suffix string) completer {
	return func(c *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		var list v1.StockItemList
		offered, directive := p.offer(c, begun, &list, func() (names []string) {
			for i := range list.Items {
				names = append(names, list.Items[i].Spec.ProductID+suffix, list.Items[i].Name+suffix)
			}
			return names
		})
		if suffix != "" {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return offered, directive
	}
}

// locations offers the places that hold something.
func (p *plugin) locations(c *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var list v1.StockItemList
	return p.offer(c, begun, &list, func() (names []string) {
		for i := range list.Items {
			names = append(names, list.Items[i].Spec.LocationID)
		}
		return names
	})
}

// reservations offers those that have not ended, by what text makes of each.
func (p *plugin) reservations(text func(*v1.Reservation) string) completer {
	return func(c *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		var list v1.ReservationList
		return p.offer(c, begun, &list, func() (names []string) {
			for i := range list.Items {
				if name := text(&list.Items[i]); name != "" && !list.Items[i].CurrentPhase().Final() {
					names = append(names, name)
				}
			}
			return names
		})
	}
}

func (p *plugin) namespaceNames(c *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	none := cobra.ShellCompDirectiveError | cobra.ShellCompDirectiveNoFileComp
	config, err := p.flags.ToRESTConfig()
	if err != nil {
		return nil, none
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, none
	}
	ctx, cancel := context.WithTimeout(c.Context(), completionTimeout)
	defer cancel()
	list, err := clients.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, none
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return beginning(names, begun), cobra.ShellCompDirectiveNoFileComp
}
