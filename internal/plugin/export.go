package plugin

import (
	"cmp"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/spf13/cobra"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/sheet"
)

// export is the verb.
func (p *plugin) export() *cobra.Command {
	var separator, format, to string
	var shipped bool
	c := &cobra.Command{
		Use:   "export [PRODUCT...]",
		Short: "Print a count sheet: the stock as CSV, to be counted, changed and imported",
		Long: `Print a count sheet: the StockItems of a namespace as CSV, by location and product.

Fill in the column counted, or change others, and give the file to kubectl inventory import.
The columns onHand, reserved and available are for people; consumed and generation tell
import what has happened since. A file that nobody has changed changes nothing.

With --shipped it prints what Git does not know instead: the units shipped, the holds, and the
carts that are over and still remembered, for kubectl inventory restore in a fresh cluster or
namespace. It reads the journal: you have to be allowed to list journalpages.`,
		Example:           "  kubectl inventory export > stock.csv\n  kubectl inventory export --shipped > shipped.yaml",
		Args:              arguments(0, -1, "products"),
		ValidArgsFunction: p.products(""),
	}
	c.Flags().StringVar(&separator, "separator", ",", "what separates the cells")
	c.Flags().BoolVar(&shipped, "shipped", false, "print what was shipped and what is held instead, for kubectl inventory restore")
	c.Flags().StringVarP(&format, "output", "o", "yaml", "format of --shipped: yaml or json")
	p.complete(c, "output", fixed("yaml", "json"))
	c.Flags().StringVar(&to, "to", "", "with --shipped: the file to write, which is replaced in one step")
	c.RunE = func(c *cobra.Command, products []string) error {
		switch {
		case shipped && (len(products) > 0 || c.Flags().Changed("separator")):
			return misused("--shipped is of all products, and no table: leave out products and --separator")
		case shipped:
			return p.exportShipped(c.Context(), format, to)
		case c.Flags().Changed("output"), to != "":
			return misused("-o and --to are for --shipped: a count sheet is CSV, and printed")
		}
		comma, size := utf8.DecodeRuneInString(separator)
		if size != len(separator) || comma != ',' && comma != ';' && comma != '\t' {
			return misused("--separator %q: use a comma, a semicolon or a tab", separator)
		}
		reach, namespace, err := p.cluster()
		if err != nil {
			return err
		}
		items, err := reach.Items(c.Context(), namespace)
		if err != nil {
			return err
		}
		chosen, err := itemsOf(items, products)
		if err != nil {
			return err
		}
		return p.writeSheet(chosen, comma)
	}
	return c
}

// itemsOf are the StockItems of some products, of all if none is given, as somebody walks by them.
func itemsOf(items []v1.StockItem, products []string) ([]v1.StockItem, error) {
	asked := map[string]bool{}
	for _, text := range products {
		id, err := cluster.Product(items, text)
		if err != nil {
			return nil, refused("%w", err)
		}
		asked[id] = true
	}
	chosen := slices.DeleteFunc(slices.Clone(items), func(i v1.StockItem) bool {
		return len(asked) > 0 && !asked[v1.CanonicalID(i.Spec.ProductID)]
	})
	slices.SortFunc(chosen, func(a, b v1.StockItem) int {
		return cmp.Or(cmp.Compare(a.Spec.LocationID, b.Spec.LocationID), cmp.Compare(a.Spec.ProductID, b.Spec.ProductID), cmp.Compare(a.Name, b.Name))
	})
	return chosen, nil
}

func (p *plugin) writeSheet(items []v1.StockItem, comma rune) error {
	w, err := sheet.NewWriter(p.Out, comma)
	if err != nil {
		return err
	}
	for i := range items {
		if err := w.Write(cellsOf(&items[i])); err != nil {
			return err
		}
	}
	return w.Flush()
}

func cellsOf(i *v1.StockItem) map[string]string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	cells := map[string]string{
		string(sheet.Name): i.Name, string(sheet.Product): i.Spec.ProductID, string(sheet.Location): i.Spec.LocationID,
		string(sheet.Received): number(i.Spec.Received), string(sheet.SafetyStock): number(i.Spec.SafetyStock),
		string(sheet.LowStock): number(i.Spec.LowStockThreshold), string(sheet.Priority): number(int64(i.Spec.Priority)),
		string(sheet.Suspended): strconv.FormatBool(i.Spec.Suspended), string(sheet.Generation): number(i.Generation),
		string(sheet.Tracking): string(i.Spec.Tracking),
	}
	if cluster.Serves(i) { // a duplicate's figures would be taken for those of its place
		cells["onHand"], cells["reserved"], cells["available"] = number(i.Status.OnHand), number(i.Status.Reserved), number(i.Status.Available)
		cells[string(sheet.Consumed)] = number(i.Status.Consumed)
	}
	return cells
}
