package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/output"
)

// levelList is what levels prints as a document.
type levelList struct {
	typeMeta
	Items  []level     `json:"items"`
	Totals levelTotals `json:"totals"`
}

// level is what one StockItem shows.
type level struct {
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	ProductID   string `json:"productID"`
	LocationID  string `json:"locationID"`
	OnHand      int64  `json:"onHand"`
	Reserved    int64  `json:"reserved"`
	Available   int64  `json:"available"`
	SafetyStock int64  `json:"safetyStock"`
	Consumed    int64  `json:"consumed"`
	Shortfall   int64  `json:"shortfall"`
	// Unlimited says that the units are not counted: they never run out, and are in no sum.
	Unlimited bool `json:"unlimited,omitempty"`
	// State says in a word what is special, empty where nothing is.
	State string `json:"state,omitempty"`
}

type levelTotals struct {
	OnHand    int64 `json:"onHand"`
	Reserved  int64 `json:"reserved"`
	Available int64 `json:"available"`
	Consumed  int64 `json:"consumed"`
	Shortfall int64 `json:"shortfall"`
}

// levels is the verb.
func (p *plugin) levels() *cobra.Command {
	var watches bool
	c := &cobra.Command{
		Use:   "levels [PRODUCT...]",
		Short: "Show what is on hand, reserved and available, by product and location",
		Long: `Show what is on hand, reserved and available, by product and location, totals last.

A PRODUCT is the id of a product, or the name of a StockItem that stands for its product.
The bar shows what of the units on hand is available (full cells), reserved (shaded ones)
and kept as safety stock (dots). Figures are those that StockItems show: they may lag
seconds under load.`,
		Args:              arguments(0, -1, "products"),
		ValidArgsFunction: p.products(""),
	}
	o := p.printingFlags(c, true)
	p.everywhereFlag(c)
	c.Flags().BoolVarP(&watches, "watch", "w", false, "go on and show changes: in a terminal the table as it is, in a pipe each row that has changed")
	c.RunE = func(c *cobra.Command, products []string) error {
		reach, namespace, err := p.cluster()
		if err != nil {
			return err
		}
		if watches {
			return o.watchLevels(c.Context(), reach, namespace, products)
		}
		items, err := reach.Items(c.Context(), namespace)
		if err != nil {
			return err
		}
		list, err := levelsOf(items, products)
		if err != nil {
			return err
		}
		return o.print(o.levelTable(list, true), list.names(), list)
	}
	return c
}

// levelsOf are the levels of those StockItems whose products are asked for: all, if none is.
func levelsOf(items []v1.StockItem, products []string) (*levelList, error) {
	asked := map[string]bool{}
	for _, text := range products {
		id, err := cluster.Product(items, text)
		if err != nil {
			return nil, refused("%w", err)
		}
		asked[id] = true
	}
	list := &levelList{typeMeta: documentOf("LevelList"), Items: []level{}}
	for i := range items {
		if len(asked) == 0 || asked[v1.CanonicalID(items[i].Spec.ProductID)] {
			list.Items = append(list.Items, levelOf(&items[i]))
		}
	}
	slices.SortFunc(list.Items, func(a, b level) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.LocationID, b.LocationID), cmp.Compare(a.Name, b.Name))
	})
	for _, l := range list.Items {
		if l.Unlimited {
			continue
		}
		list.Totals.OnHand += l.OnHand
		list.Totals.Reserved += l.Reserved
		list.Totals.Available += l.Available
		list.Totals.Consumed += l.Consumed
		list.Totals.Shortfall += l.Shortfall
	}
	return list, nil
}

func levelOf(i *v1.StockItem) level {
	return level{
		Namespace: i.Namespace, Name: i.Name, ProductID: v1.CanonicalID(i.Spec.ProductID), LocationID: i.Spec.LocationID,
		OnHand: i.Status.OnHand, Reserved: i.Status.Reserved, Available: i.Status.Available, SafetyStock: i.Spec.SafetyStock,
		Consumed: i.Status.Consumed, Shortfall: i.Status.Shortfall, State: stateOf(i),
		Unlimited: i.Spec.Tracking == v1.TrackingUnlimited,
	}
}

// The states that a level may have.
const (
	stateNotSeen   = "not seen yet"
	stateDuplicate = "duplicate"
	stateWaits     = "waits to take over"
	stateOversold  = "oversold"
	stateSuspended = "suspended"
	stateSoldOut   = "sold out"
	stateLow       = "low"
)

func stateOf(i *v1.StockItem) string {
	ready := meta.FindStatusCondition(i.Status.Conditions, v1.ConditionReady)
	switch {
	case ready == nil || !cluster.Seen(i):
		return stateNotSeen
	case ready.Reason == v1.ReasonDuplicateStockItem:
		return stateDuplicate
	case ready.Reason == v1.ReasonTakeOverUnconfirmed:
		return stateWaits
	case ready.Reason == v1.ReasonInvalidID:
		return "invalid id"
	case meta.IsStatusConditionTrue(i.Status.Conditions, v1.ConditionOversold):
		return stateOversold
	case i.DeletionTimestamp != nil:
		return "being deleted"
	case i.Spec.Suspended:
		return stateSuspended
	case i.Status.Available == 0:
		return stateSoldOut
	case meta.IsStatusConditionTrue(i.Status.Conditions, v1.ConditionLowStock):
		return stateLow
	default:
		return ""
	}
}

// colour is how urgent a state is.
func (l level) colour() output.Colour {
	switch l.State {
	case "":
		return output.Green
	case stateLow:
		return output.Yellow
	case stateSuspended, stateNotSeen, stateDuplicate:
		return output.Grey
	default:
		return output.Red
	}
}

func (l *levelList) names() (names []string) {
	for _, level := range l.Items {
		names = append(names, nameOf("StockItem", level.Name))
	}
	return names
}

var levelColumns = []output.Column{
	{Title: "ITEM"}, {Title: "PRODUCT"}, {Title: "LOCATION"}, {Title: "ON HAND", Right: true}, {Title: "RESERVED", Right: true}, {Title: "AVAILABLE", Right: true},
	{Title: "LEVEL"}, {Title: "STATE"}, {Title: "SAFETY", Right: true, Wide: true},
	{Title: "CONSUMED", Right: true, Wide: true}, {Title: "SHORTFALL", Right: true, Wide: true},
}

// levelTable is the table of a list, with its totals or without.
func (o *printing) levelTable(list *levelList, totals bool) *output.Table {
	t := &output.Table{Columns: levelColumns}
	screen := o.screen()
	for _, l := range list.Items {
		onHand, available, bar := fmt.Sprint(l.OnHand), fmt.Sprint(l.Available), screen.Bar(l.OnHand, l.Available, min(l.Reserved, l.OnHand))
		if l.Unlimited {
			onHand, available, bar = "-", "unlimited", "-"
		}
		t.Rows = append(t.Rows, []output.Cell{
			output.Text(l.Name), output.Text(l.ProductID), output.Text(l.LocationID), {Text: onHand}, output.Number(l.Reserved),
			{Text: available, Colour: l.colour()}, {Text: bar, Colour: l.colour()}, {Text: l.State, Colour: l.colour()},
			output.Number(l.SafetyStock), output.Number(l.Consumed), output.Number(l.Shortfall),
		})
	}
	if totals {
		sum := list.Totals
		t.Rows = append(t.Rows, []output.Cell{
			{Text: "TOTAL"}, {}, {}, output.Number(sum.OnHand), output.Number(sum.Reserved), output.Number(sum.Available),
			{Text: screen.Bar(sum.OnHand, sum.Available, min(sum.Reserved, sum.OnHand))}, {}, {}, output.Number(sum.Consumed), output.Number(sum.Shortfall),
		})
	}
	if o.everywhere {
		t.Columns = append([]output.Column{{Title: "NAMESPACE"}}, t.Columns...)
		for i := range t.Rows {
			namespace := output.Cell{}
			if i < len(list.Items) {
				namespace = output.Text(list.Items[i].Namespace)
			}
			t.Rows[i] = append([]output.Cell{namespace}, t.Rows[i]...)
		}
	}
	return t
}

// watchLevels shows the levels until ctx ends.
func (o *printing) watchLevels(ctx context.Context, reach *cluster.Cluster, namespace string, products []string) error {
	headers := !o.noHeaders
	return reach.WatchItems(ctx, namespace, func(all map[client.ObjectKey]*v1.StockItem, changed []*v1.StockItem) error {
		known := make([]v1.StockItem, 0, len(all))
		for _, item := range all {
			known = append(known, *item)
		}
		list, err := levelsOf(known, products)
		if err != nil {
			return err
		}
		if o.format.Table() && o.screen().Terminal {
			const clearScreen = "\x1b[H\x1b[2J"
			if _, err := fmt.Fprint(o.Out, clearScreen); err != nil {
				return err
			}
			return o.print(o.levelTable(list, true), nil, nil)
		}
		if changed != nil {
			list.keep(changed)
		}
		o.noHeaders = !headers
		headers = false
		if len(list.Items) == 0 {
			return nil
		}
		return o.print(o.levelTable(list, changed == nil), list.names(), list)
	})
}

// keep keeps the levels of some StockItems only.
func (l *levelList) keep(changed []*v1.StockItem) {
	l.Items = slices.DeleteFunc(l.Items, func(level level) bool {
		return !slices.ContainsFunc(changed, func(i *v1.StockItem) bool { return i.Namespace == level.Namespace && i.Name == level.Name })
	})
}
