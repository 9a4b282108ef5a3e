package cluster

import (
	"cmp"
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// Cart is a cart as a Reservation. One that no object shows has no uid: its name is then its id.
type Cart struct{ v1.Reservation }

// HasObject tells whether kubectl can show and change the cart.
func (c *Cart) HasObject() bool { return c.UID != "" }

// Carts are those that wanted tells of, with the newest of what is known about each: what the
// objects that match a field selector show, and what the journal says. unread says why the
// journal was not read, where it was not: carts that no object shows are then missing.
func (c *Cluster) Carts(ctx context.Context, namespace string, selector fields.Selector, wanted func(*v1.Reservation) bool) (carts []Cart, unread, err error) {
	var list v1.ReservationList
	if err := c.List(ctx, &list, client.InNamespace(namespace), client.MatchingFieldsSelector{Selector: selector}); err != nil {
		return nil, nil, Explained(err)
	}
	state, unread := c.State(ctx, namespace)
	if unread == nil {
		refresh(list.Items, state)
	}
	seen := map[string]bool{}
	for i := range list.Items {
		seen[list.Items[i].ReservationID()] = true
		if wanted(&list.Items[i]) {
			carts = append(carts, Cart{list.Items[i]})
		}
	}
	if unread == nil {
		carts = append(carts, unshown(state, namespace, seen, wanted)...)
	}
	slices.SortFunc(carts, func(a, b Cart) int { return cmp.Or(cmp.Compare(when(&a), when(&b)), cmp.Compare(a.Name, b.Name)) })
	return carts, unread, nil
}

// when is when a cart was decided, in microseconds; what is not decided is the youngest.
func when(c *Cart) int64 {
	if c.Status.DecidedAt == nil {
		return 1 << 62
	}
	return c.Status.DecidedAt.UnixMicro()
}

// refresh has objects show what the journal says by now.
func refresh(objects []v1.Reservation, state *stock.State) {
	for i := range objects {
		object := &objects[i]
		r, known := state.Reservation(stock.ID(object.ReservationID()))
		if !known {
			r, known = state.Shown(stock.ID(object.UID))
		}
		if known {
			view.Show(object, r)
		}
	}
}

// unshown are the carts that the journal knows beside those that were seen.
func unshown(state *stock.State, namespace string, seen map[string]bool, wanted func(*v1.Reservation) bool) (carts []Cart) {
	for r := range state.Reservations() {
		if seen[string(r.ID)] {
			continue
		}
		object := view.Reservation(namespace, r)
		if r.Object.Gone {
			object.UID = ""
		}
		if object.UID == "" {
			object.Name = string(r.ID)
		}
		if wanted(object) {
			carts = append(carts, Cart{*object})
		}
	}
	return carts
}
