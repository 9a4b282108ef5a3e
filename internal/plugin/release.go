package plugin

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// release is the verb.
func (p *plugin) release() *cobra.Command {
	var end ending
	var reason string
	c := &cobra.Command{
		Use:   "release RESERVATION",
		Short: "Give back the units of a reservation",
		Long: `Give back what is left of a reservation, or with --item a part, and wait until that is
done: exit code 0 if it is, 3 if it cannot be, such as where the units were shipped.`,
		Example: "  kubectl inventory release my-cart --reason ORDER_CANCELLED\n  kubectl inventory release my-cart --item blue-mug-amsterdam=1",
		Args:    arguments(1, 1, "one reservation"),
	}
	c.ValidArgsFunction = p.reservationNames()
	w := p.writingFlags(c)
	end.flags(c, p, "given back")
	c.Flags().StringVar(&reason, "reason", "", "why: CHECKOUT_FAILED or ORDER_CANCELLED")
	var reasons []string
	for _, r := range events.ReleaseReasons() {
		reasons = append(reasons, string(r))
	}
	p.complete(c, "reason", fixed(reasons...))
	c.RunE = func(c *cobra.Command, given []string) error {
		end.name = given[0]
		if reason != "" && len(end.parts) > 0 {
			return misused("--reason goes with the release of all that is left, not with --item")
		}
		end.change = func(r *v1.Reservation, parts []v1.PartialItem) {
			if len(parts) > 0 {
				r.Spec.ReleaseItems = merged(r.Spec.ReleaseItems, parts)
				return
			}
			r.Spec.Intent, r.Spec.ReleaseReason = v1.IntentRelease, v1.ReleaseReason(reason)
		}
		end.tell = func(r *v1.Reservation) error {
			if !r.CurrentPhase().Final() || r.Status.Phase == v1.PhaseReleased || r.Status.Phase == v1.PhaseConsumed && r.Status.Reason != v1.ReasonConsumed {
				return nil
			}
			return fmt.Errorf("it is %s", r.Status.Phase)
		}
		return w.end(c.Context(), end, "released")
	}
	return c
}
