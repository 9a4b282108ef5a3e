package webhook

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// release asks for units of a Reservation to go back on sale, and returns it once
// they have.
func (b *bridge) release(ctx context.Context, namespace string, command *events.ReleaseInventory) (*v1.Reservation, error) {
	key := types.NamespacedName{Namespace: namespace, Name: command.ReservationID}
	if command.Items != nil {
		return b.carryOut(ctx, key, releasePart{items: command.Items})
	}
	return b.carryOut(ctx, key, releaseAll{reason: command.Reason})
}

// releaseAll gives back what is left of a Reservation, or ends it before it is
// decided.
type releaseAll struct{ reason v1.ReleaseReason }

func (releaseAll) needsOutcome() bool { return false }

func (c releaseAll) plan(r *v1.Reservation) (map[string]any, error) {
	if err := c.verdict(r); err != nil {
		return nil, err
	}
	if r.CurrentPhase().Final() || r.Spec.Intent == v1.IntentRelease {
		return nil, nil
	}
	spec := map[string]any{"intent": v1.IntentRelease}
	if c.reason != "" {
		spec["releaseReason"] = c.reason
	}
	return spec, nil
}

func (releaseAll) done(r *v1.Reservation) bool { return r.CurrentPhase().Final() }

// verdict takes any end after a release for done: units shipped before it stay
// shipped, and the phase says so.
func (releaseAll) verdict(r *v1.Reservation) error {
	if r.Spec.Intent == v1.IntentRelease || lapsed(r) {
		return nil
	}
	return refuseShipped(r)
}

// releasePart gives back units until running totals are reached.
type releasePart struct{ items []events.PartialItem }

func (releasePart) needsOutcome() bool { return true }

func (c releasePart) plan(r *v1.Reservation) (map[string]any, error) {
	units := func(a v1.Allocation) int64 { return givenBack(r, a) }
	if !r.WasReserved() || reached(r, c.items, units) {
		return nil, nil
	}
	if err := refuseShipped(r); err != nil {
		return nil, err
	}
	totals, _, err := raise(r, r.Spec.ReleaseItems, c.items, units,
		limit{func(a v1.Allocation) int64 { return a.Quantity - shipped(r, a) }, "reserved and not shipped"})
	if err != nil || r.Spec.Intent == v1.IntentRelease {
		return nil, err
	}
	return map[string]any{"releaseItems": totals}, nil
}

func (c releasePart) done(r *v1.Reservation) bool {
	return r.CurrentPhase().Final() || reached(r, c.items, func(a v1.Allocation) int64 { return a.Released })
}

func (c releasePart) verdict(r *v1.Reservation) error {
	_, err := c.plan(r)
	return err
}

// refuseShipped refuses to give back units of a Reservation that is Consumed, or
// about to be.
func refuseShipped(r *v1.Reservation) error {
	if r.CurrentPhase() == v1.PhaseConsumed || (r.Spec.Intent == v1.IntentConsume && !r.CurrentPhase().Final()) {
		return fail(consumed, "the units of reservation %s are shipped or about to be: they cannot be released any more", r.Name)
	}
	return nil
}
