package plugin

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/fields"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
	"github.com/acme/inventory-service/internal/plugin/output"
)

// cartList is what find prints as a document: Reservations. Those that no object shows have
// no uid.
type cartList struct {
	typeMeta
	Items []v1.Reservation `json:"items"`
	// Complete says that the journal was read.
	Complete bool `json:"complete"`
}

// find is the verb.
func (p *plugin) find() *cobra.Command {
	var cart, order string
	c := &cobra.Command{
		Use:   "find --cart ID | --order ID",
		Short: "Find the reservations of a cart or of an order",
		Long: `Find the reservations of a cart or of an order, also those that no object shows, where
you may read the namespace's journal (list journalpages). The exit code is 3 if there are none.`,
		Args: arguments(0, 0, "no arguments"),
	}
	c.Flags().StringVar(&cart, "cart", "", "id of the cart")
	c.Flags().StringVar(&order, "order", "", "id of the order")
	p.complete(c, "cart", p.reservations(func(r *v1.Reservation) string { return r.Spec.CartID }))
	p.complete(c, "order", p.reservations(func(r *v1.Reservation) string { return r.Spec.OrderID }))
	o := p.printingFlags(c, true)
	p.everywhereFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if (cart == "") == (order == "") {
			return misused("give either --cart or --order")
		}
		return o.runFind(c.Context(), v1.CanonicalID(cart), v1.CanonicalID(order))
	}
	return c
}

func (o *printing) runFind(ctx context.Context, cart, order string) error {
	reach, namespace, err := o.cluster()
	if err != nil {
		return err
	}
	namespaces := []string{namespace}
	if namespace == "" {
		items, err := reach.Items(ctx, "")
		if err != nil {
			return err
		}
		namespaces = nil
		for i := range items {
			namespaces = append(namespaces, items[i].Namespace)
		}
		namespaces = beginning(namespaces, "")
	}
	wanted := func(r *v1.Reservation) bool {
		return cart != "" && v1.CanonicalID(r.Spec.CartID) == cart || order != "" && v1.CanonicalID(r.Spec.OrderID) == order
	}
	list := &cartList{typeMeta: documentOf("CartList"), Items: []v1.Reservation{}, Complete: true}
	var names []string
	for _, namespace := range namespaces {
		// Objects keep ids in the case in which they came, so they are compared here.
		carts, unread, err := reach.Carts(ctx, namespace, fields.Everything(), wanted)
		if err != nil {
			return err
		}
		if unread != nil {
			list.Complete = false
			o.warn("carts that no object shows are not found: %v", unread)
		}
		for i := range carts {
			list.Items = append(list.Items, carts[i].Reservation)
			if carts[i].HasObject() {
				names = append(names, nameOf("Reservation", carts[i].Name))
			}
		}
	}
	if len(list.Items) == 0 {
		return refused("no reservation of %s is known", strings.TrimSpace(which("cart", cart)+which("order", order)))
	}
	return o.print(o.cartTable(list), names, list)
}

func which(kind, id string) string {
	if id == "" {
		return ""
	}
	return kind + " " + id
}

func (o *printing) cartTable(list *cartList) *output.Table {
	t := &output.Table{Columns: []output.Column{
		{Title: "OBJECT"}, {Title: "PHASE"}, {Title: "CART"}, {Title: "ORDER"}, {Title: "UNITS", Right: true}, {Title: "REASON"}, {Title: "AGE"}, {Title: "EXPIRES IN"},
		{Title: "ITEMS", Wide: true}, {Title: "RESERVATION ID", Wide: true},
	}}
	if o.everywhere {
		t.Columns = append([]output.Column{{Title: "NAMESPACE"}}, t.Columns...)
	}
	now := time.Now()
	for i := range list.Items {
		r := cluster.Cart{Reservation: list.Items[i]}
		object, id := r.Name, r.ReservationID()
		if !r.HasObject() {
			object, id = "", r.Name
		}
		expires := output.Text("")
		if r.CurrentPhase() == v1.PhaseReserved {
			expires = expiry(r.Status.ExpiresAt, now)
		}
		row := []output.Cell{
			output.Text(object), {Text: string(r.CurrentPhase()), Colour: phaseColour(r.CurrentPhase())}, output.Text(r.Spec.CartID), output.Text(r.Spec.OrderID),
			output.Number(r.Status.Units), output.Text(r.Status.Reason), age(r.Status.DecidedAt, now), expires, output.Text(places(&r.Reservation)), output.Text(id),
		}
		if o.everywhere {
			row = append([]output.Cell{output.Text(r.Namespace)}, row...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func phaseColour(phase v1.Phase) output.Colour {
	switch phase {
	case v1.PhaseReserved:
		return output.Green
	case v1.PhaseUnavailable:
		return output.Red
	case v1.PhasePending:
		return output.Yellow
	default:
		return output.Plain
	}
}
