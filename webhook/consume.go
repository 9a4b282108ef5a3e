package webhook

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// consume asks for the units of a Reservation to be taken out of stock, and
// returns it once they are.
func (b *bridge) consume(ctx context.Context, namespace string, command *events.ConsumeInventory) (*v1.Reservation, error) {
	key := types.NamespacedName{Namespace: namespace, Name: command.ReservationID}
	if command.Items != nil {
		return b.carryOut(ctx, key, consumePart{items: command.Items})
	}
	return b.carryOut(ctx, key, consumeAll{})
}

// consumeAll takes what is left of a Reservation out of stock. It may be wanted
// before the outcome.
type consumeAll struct{}

func (consumeAll) needsOutcome() bool { return false }

func (c consumeAll) plan(r *v1.Reservation) (map[string]any, error) {
	if r.CurrentPhase().Final() {
		return nil, c.verdict(r)
	}
	if r.Spec.Intent == v1.IntentConsume {
		return nil, nil
	}
	return map[string]any{"intent": v1.IntentConsume}, refuseReleasing(r)
}

func (consumeAll) done(r *v1.Reservation) bool { return r.CurrentPhase().Final() }

func (consumeAll) verdict(r *v1.Reservation) error {
	if err := refuseEnded(r); err != nil {
		return err
	}
	if lapsed(r) {
		return fail(notReserved, "reservation %s is Consumed: what was not shipped of it went back on sale (%s)", r.Name, r.Status.Reason)
	}
	return nil
}

// consumePart takes units out of stock until running totals are reached.
type consumePart struct{ items []events.PartialItem }

func (consumePart) needsOutcome() bool { return true }

func (c consumePart) plan(r *v1.Reservation) (map[string]any, error) {
	if err := refuseEnded(r); err != nil {
		return nil, err
	}
	totals, changed, err := raise(r, r.Spec.ConsumeItems, c.items,
		func(a v1.Allocation) int64 { return shipped(r, a) },
		limit{func(a v1.Allocation) int64 { return a.Quantity - givenBack(r, a) }, "reserved and not given back"})
	if err != nil || !changed || r.Spec.Intent == v1.IntentConsume {
		return nil, err
	}
	return map[string]any{"consumeItems": totals}, refuseReleasing(r)
}

func (c consumePart) done(r *v1.Reservation) bool {
	return c.shipped(r) || r.CurrentPhase().Final()
}

func (c consumePart) verdict(r *v1.Reservation) error {
	if c.shipped(r) {
		return nil
	}
	_, err := c.plan(r)
	return err
}

func (c consumePart) shipped(r *v1.Reservation) bool {
	return reached(r, c.items, func(a v1.Allocation) int64 { return a.Consumed })
}

// refuseEnded refuses to consume a Reservation that holds nothing and of which
// nothing was shipped.
func refuseEnded(r *v1.Reservation) error {
	if phase := r.CurrentPhase(); phase == v1.PhaseReleased || phase == v1.PhaseUnavailable {
		return fail(notReserved, "reservation %s is %s: it cannot be consumed", r.Name, phase)
	}
	return nil
}

// refuseReleasing refuses to consume more of a Reservation that is being given
// back.
func refuseReleasing(r *v1.Reservation) error {
	if r.Spec.Intent == v1.IntentRelease {
		return fail(notReserved, "reservation %s is %s and about to be released: it cannot be consumed", r.Name, r.CurrentPhase())
	}
	return nil
}

// lapsed tells whether units of a Reservation went back on sale without being
// named: it ran out, or was released as a whole.
func lapsed(r *v1.Reservation) bool {
	for _, a := range r.Status.Allocations {
		if a.Released > totalOf(r.Spec.ReleaseItems, a) {
			return true
		}
	}
	return false
}
