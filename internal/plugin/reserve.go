package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
)

// reserveOptions are what the flags of reserve say.
type reserveOptions struct {
	name, cart, customer, order, replaces string
	hold                                  time.Duration
	keep                                  bool
}

// reserve is the verb.
func (p *plugin) reserve() *cobra.Command {
	var f reserveOptions
	c := &cobra.Command{
		Use:   "reserve PRODUCT=UNITS...",
		Short: "Reserve units for a cart, all or none",
		Long: `Reserve units for a cart, all or none, and wait for the outcome: exit code 0 if they are
reserved, 3 if they are not available.

A PRODUCT is the id of a product, or the name of a StockItem that stands for its product: the
units may come from any location. The Reservation goes once its outcome is no longer
remembered, unless you say --keep.`,
		Example: "  kubectl inventory reserve blue-mug-amsterdam=2 --hold 1h",
		Args: func(c *cobra.Command, given []string) error {
			return arguments(1, v1.MaxItems, "1 to 100 products")(c, given)
		},
		ValidArgsFunction: p.products("="),
	}
	w := p.writingFlags(c)
	c.Flags().StringVar(&f.name, "name", "", "name of the Reservation; default: a new one")
	c.Flags().StringVar(&f.cart, "cart", "", "id of the cart; default: a new one")
	c.Flags().StringVar(&f.customer, "customer", "", "id of the customer")
	c.Flags().StringVar(&f.order, "order", "", "id of the order")
	c.Flags().StringVar(&f.replaces, "replace", "", "a reservation of the same cart whose hold this one takes the place of, where it is reserved")
	c.Flags().DurationVar(&f.hold, "hold", 0, "how long the units stay reserved, 1s to 24h; default: what the operator says")
	c.Flags().BoolVar(&f.keep, "keep", false, "leave the Reservation until somebody deletes it")
	p.complete(c, "replace", p.reservations(func(r *v1.Reservation) string { return r.Name }))
	c.RunE = func(c *cobra.Command, given []string) error { return w.runReserve(c.Context(), f, given) }
	return c
}

func (w *writing) runReserve(ctx context.Context, f reserveOptions, given []string) error {
	reach, namespace, err := w.cluster()
	if err != nil {
		return err
	}
	r, err := w.newReservation(ctx, reach, namespace, f, given)
	if err != nil {
		return err
	}
	var options []client.CreateOption
	if w.dry() {
		options = append(options, client.DryRunAll)
	}
	switch err := reach.Create(ctx, r, options...); {
	case apierrors.IsAlreadyExists(err):
		return refused("reservation %s is there already: give another --name, or look at it with kubectl get rsv %s", r.Name, r.Name)
	case cluster.IsRefused(err):
		return misused("%w", err)
	case err != nil:
		return cluster.Explained(err)
	}
	if !w.waits() {
		return w.object(r, nameOf("Reservation", r.Name)+" created"+w.suffix())
	}
	now, err := w.outcome(ctx, reach, r, func(now *v1.Reservation) bool { return now.Decided() || stalled(now) != "" })
	if err != nil {
		return err
	}
	return w.tellReserved(now)
}

func (w *writing) tellReserved(r *v1.Reservation) error {
	name := nameOf("Reservation", r.Name)
	switch {
	case r.WasReserved():
		return w.object(r, fmt.Sprintf("%s reserved: %s", name, places(r)))
	case r.Decided():
		return errors.Join(w.document(r), refused("%s unavailable: there are %s", name, places(r)))
	default:
		return errors.Join(w.document(r), refused("%s cannot be decided: %s", name, stalled(r)))
	}
}

// document prints an object where a document is wanted.
func (w *writing) document(r *v1.Reservation) error {
	if w.format.Table() {
		return nil
	}
	return w.object(r, "")
}

// newReservation is what the arguments ask for.
func (w *writing) newReservation(ctx context.Context, reach *cluster.Cluster, namespace string, f reserveOptions, given []string) (*v1.Reservation, error) {
	if f.cart == "" && f.replaces != "" {
		return nil, misused("--replace needs --cart: it is a reservation of the same cart whose place is taken")
	}
	if f.cart == "" {
		f.cart = uuid.NewString()
	}
	if f.name == "" {
		f.name = "reservation-" + uuid.NewString()
	}
	r := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: f.name},
		Spec:       v1.ReservationSpec{CartID: f.cart, CustomerID: f.customer, OrderID: f.order, Replaces: f.replaces},
	}
	if !f.keep {
		r.Annotations = map[string]string{v1.DeleteAfterCompletionAnnotation: "true"}
	}
	if f.hold != 0 {
		r.Spec.HoldFor = &metav1.Duration{Duration: f.hold}
	}
	items, err := reach.Items(ctx, namespace)
	mayNotLook := apierrors.IsForbidden(err)
	if err != nil && !mayNotLook {
		return nil, err
	}
	for _, text := range given {
		product, units, err := splitUnits(text)
		if err != nil {
			return nil, err
		}
		if !mayNotLook {
			if product, err = cluster.Product(items, product); err != nil {
				return nil, refused("%w", err)
			}
		}
		r.Spec.Items = append(r.Spec.Items, v1.ReservationItem{ProductID: product, Quantity: units})
	}
	return r, nil
}
