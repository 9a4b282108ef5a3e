package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
)

// ending is how a hold is to end, or a part of it.
type ending struct {
	name  string
	parts []string
	// change writes it into a spec, tell says why what became of it is not what was asked for.
	change func(r *v1.Reservation, parts []v1.PartialItem)
	tell   func(r *v1.Reservation) error
}

func (e *ending) flags(c *cobra.Command, p *plugin, became string) {
	c.Flags().StringArrayVar(&e.parts, "item", nil,
		"PRODUCT[@LOCATION]=UNITS "+became+" so far: a running total, so that saying it twice is harmless; may be repeated")
	p.complete(c, "item", p.products("="))
}

// reservationNames offers those that can still be released or consumed.
func (p *plugin) reservationNames() completer {
	names := p.reservations(func(r *v1.Reservation) string { return r.Name })
	return func(c *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(given) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(c, given, begun)
	}
}

// end writes what is to become of a Reservation, waits for it and tells it.
func (w *writing) end(ctx context.Context, e ending, done string) error {
	reach, namespace, err := w.cluster()
	if err != nil {
		return err
	}
	var parts []v1.PartialItem
	if len(e.parts) > 0 {
		if parts, err = w.readParts(ctx, reach, namespace, e.parts); err != nil {
			return err
		}
	}
	r, err := w.writeEnding(ctx, reach, client.ObjectKey{Namespace: namespace, Name: e.name}, e, parts)
	if err != nil {
		return err
	}
	name := nameOf("Reservation", r.Name)
	if !w.waits() {
		return w.object(r, name+" changed"+w.suffix())
	}
	now, err := w.outcome(ctx, reach, r, func(now *v1.Reservation) bool { return len(parts) > 0 || now.CurrentPhase().Final() })
	if err != nil {
		return err
	}
	if c := meta.FindStatusCondition(now.Status.Conditions, v1.ConditionItemsMatch); c != nil && len(parts) > 0 {
		return errors.Join(w.document(now), refused("%s cannot be %s so: %s", name, done, c.Message))
	}
	if len(parts) == 0 {
		if err := e.tell(now); err != nil {
			return errors.Join(w.document(now), refused("%s cannot be %s: %w", name, done, err))
		}
	}
	sentence := fmt.Sprintf("%s %s", name, done)
	if text := places(now); text != "" {
		sentence += ": " + text
	}
	return w.object(now, sentence)
}

func (w *writing) readParts(ctx context.Context, reach *cluster.Cluster, namespace string, texts []string) ([]v1.PartialItem, error) {
	items, err := reach.Items(ctx, namespace)
	if err != nil {
		return nil, err
	}
	return parts(items, texts)
}

// attempts bounds how often a write over a new version is tried.
const attempts = 20

// writeEnding changes a spec, over the version that it was read at.
func (w *writing) writeEnding(ctx context.Context, reach *cluster.Cluster, key client.ObjectKey, e ending, parts []v1.PartialItem) (*v1.Reservation, error) {
	var options []client.PatchOption
	if w.dry() {
		options = append(options, client.DryRunAll)
	}
	for attempt := 1; ; attempt++ {
		var r v1.Reservation
		if err := reach.Get(ctx, key, &r); apierrors.IsNotFound(err) {
			return nil, w.noObject(ctx, reach, key, err)
		} else if err != nil {
			return nil, cluster.Explained(err)
		}
		before := r.DeepCopy()
		e.change(&r, parts)
		err := reach.Patch(ctx, &r, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), options...)
		switch {
		case err == nil:
			return &r, nil
		case !apierrors.IsConflict(err) || attempt == attempts:
			return nil, cluster.Explained(err)
		}
	}
}

// noObject says why there is no such Reservation: a cart may have no object.
func (w *writing) noObject(ctx context.Context, reach *cluster.Cluster, key client.ObjectKey, notFound error) error {
	one := func(r *v1.Reservation) bool { return r.Name == key.Name }
	carts, _, err := reach.Carts(ctx, key.Namespace, fields.OneTermEqualSelector("metadata.name", key.Name), one)
	if err == nil && len(carts) > 0 && !carts[0].HasObject() {
		return refused("cart %s is %s and no object shows it: only the bridge can change it (POST /reservations/%s/release or /consume)",
			key.Name, carts[0].CurrentPhase(), key.Name)
	}
	return refused("%w", cluster.Explained(notFound))
}

// merged are running totals with newer ones put over them.
func merged(totals, newer []v1.PartialItem) []v1.PartialItem {
	totals = slices.Clone(totals)
	for _, n := range newer {
		at := slices.IndexFunc(totals, func(t v1.PartialItem) bool {
			return v1.CanonicalID(t.ProductID) == n.ProductID && t.LocationID == n.LocationID
		})
		if at < 0 {
			totals = append(totals, n)
		} else {
			totals[at].Quantity = n.Quantity
		}
	}
	return totals
}
