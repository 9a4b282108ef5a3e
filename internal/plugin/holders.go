package plugin

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/duration"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/output"
)

// holderList is what holders prints as a document.
type holderList struct {
	typeMeta
	Items []holder `json:"items"`
	// Units is the sum.
	Units int64 `json:"units"`
	// Complete says that the journal was read: without it carts that no object shows are
	// missing.
	Complete bool `json:"complete"`
}

// holder is one cart and the units that it holds at one location.
type holder struct {
	Namespace     string `json:"namespace"`
	ReservationID string `json:"reservationID"`
	// Object is the name of the Reservation, empty where no object shows the cart.
	Object     string            `json:"object,omitempty"`
	CartID     string            `json:"cartID"`
	OrderID    string            `json:"orderID,omitempty"`
	CustomerID string            `json:"customerID,omitempty"`
	ProductID  string            `json:"productID"`
	LocationID string            `json:"locationID"`
	Units      int64             `json:"units"`
	ReservedAt *metav1.MicroTime `json:"reservedAt,omitempty"`
	ExpiresAt  *metav1.Time      `json:"expiresAt,omitempty"`
}

// holders is the verb.
func (p *plugin) holders() *cobra.Command {
	c := &cobra.Command{
		Use:   "holders PRODUCT",
		Short: "Show who holds units of a product",
		Long: `Show who holds units of a product: reservation, cart, order, and how long yet.

Carts that came through the bridge may have no object: they are listed, too, with "-" as
their object, where you may read the namespace's journal (list journalpages).`,
		Args:              arguments(1, 1, "one product"),
		ValidArgsFunction: p.products(""),
	}
	o := p.printingFlags(c, true)
	p.everywhereFlag(c)
	c.RunE = func(c *cobra.Command, given []string) error {
		reach, namespace, err := p.cluster()
		if err != nil {
			return err
		}
		items, err := reach.Items(c.Context(), namespace)
		if err != nil {
			return err
		}
		product, err := cluster.Product(items, given[0])
		if err != nil { // its StockItem may be gone, and units held all the same
			product = v1.CanonicalID(given[0])
		}
		list := &holderList{typeMeta: documentOf("HolderList"), Items: []holder{}, Complete: true}
		for _, namespace := range namespacesOf(items, namespace, product) {
			if err := o.addHolders(c.Context(), reach, list, namespace, product); err != nil {
				return err
			}
		}
		if err != nil && len(list.Items) == 0 {
			return refused("%w", err)
		}
		return o.print(o.holderTable(list), list.names(), list)
	}
	return c
}

// namespacesOf are those that may hold a product: the one that is meant, or all that stock it.
func namespacesOf(items []v1.StockItem, namespace, product string) (namespaces []string) {
	if namespace != "" {
		return []string{namespace}
	}
	for i := range items {
		if v1.CanonicalID(items[i].Spec.ProductID) == product {
			namespaces = append(namespaces, items[i].Namespace)
		}
	}
	return beginning(namespaces, "")
}

func (o *printing) addHolders(ctx context.Context, reach *cluster.Cluster, list *holderList, namespace, product string) error {
	holds := func(r *v1.Reservation) bool { return r.CurrentPhase() == v1.PhaseReserved }
	carts, unread, err := reach.Carts(ctx, namespace, fields.OneTermEqualSelector("status.phase", string(v1.PhaseReserved)), holds)
	if err != nil {
		return err
	}
	if unread != nil {
		list.Complete = false
		o.warn("carts that no object shows are not listed: %v", unread)
	}
	for i := range carts {
		for _, a := range carts[i].Status.Allocations {
			if a.ProductID == product && a.Held() > 0 {
				list.Items = append(list.Items, holderOf(&carts[i], a))
				list.Units += a.Held()
			}
		}
	}
	return nil
}

func holderOf(c *cluster.Cart, a v1.Allocation) holder {
	h := holder{
		Namespace: c.Namespace, ReservationID: c.Name, CartID: c.Spec.CartID, OrderID: c.Spec.OrderID, CustomerID: c.Spec.CustomerID,
		ProductID: a.ProductID, LocationID: a.LocationID, Units: a.Held(), ReservedAt: c.Status.ReservedAt, ExpiresAt: c.Status.ExpiresAt,
	}
	if c.HasObject() {
		h.Object, h.ReservationID = c.Name, c.ReservationID()
	}
	return h
}

func (l *holderList) names() (names []string) {
	for _, h := range l.Items {
		if h.Object != "" {
			names = append(names, nameOf("Reservation", h.Object))
		}
	}
	return names
}

func (o *printing) holderTable(list *holderList) *output.Table {
	t := &output.Table{Columns: []output.Column{
		{Title: "OBJECT"}, {Title: "CART"}, {Title: "ORDER"}, {Title: "LOCATION"}, {Title: "UNITS", Right: true}, {Title: "AGE"}, {Title: "EXPIRES IN"},
		{Title: "CUSTOMER", Wide: true}, {Title: "RESERVATION ID", Wide: true},
	}}
	if o.everywhere {
		t.Columns = append([]output.Column{{Title: "NAMESPACE"}}, t.Columns...)
	}
	now := time.Now()
	for _, h := range list.Items {
		row := []output.Cell{
			output.Text(h.Object), output.Text(h.CartID), output.Text(h.OrderID), output.Text(h.LocationID), output.Number(h.Units),
			age(h.ReservedAt, now), expiry(h.ExpiresAt, now), output.Text(h.CustomerID), output.Text(h.ReservationID),
		}
		if o.everywhere {
			row = append([]output.Cell{output.Text(h.Namespace)}, row...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func age(since *metav1.MicroTime, now time.Time) output.Cell {
	if since == nil {
		return output.Text("")
	}
	return output.Text(duration.HumanDuration(max(0, now.Sub(since.Time))))
}

// soon is when somebody should hurry.
const soon = 5 * time.Minute

func expiry(at *metav1.Time, now time.Time) output.Cell {
	switch {
	case at == nil:
		return output.Text("")
	case !at.After(now):
		return output.Cell{Text: "now", Colour: output.Red}
	case at.Sub(now) < soon:
		return output.Cell{Text: duration.HumanDuration(at.Sub(now)), Colour: output.Yellow}
	default:
		return output.Text(duration.HumanDuration(at.Sub(now)))
	}
}
