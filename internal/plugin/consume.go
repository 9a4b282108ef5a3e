package plugin

import (
	"fmt"

	"github.com/spf13/cobra"

	v1 "github.com/acme/inventory-service/api/v1"
)

// consume is the verb.
func (p *plugin) consume() *cobra.Command {
	var end ending
	c := &cobra.Command{
		Use:   "consume RESERVATION",
		Short: "Say that the units of a reservation were shipped",
		Long: `Say that what is left of a reservation was shipped, or with --item a part, and wait until
that is done: exit code 0 if it is, 3 if it cannot be, such as where the hold has run out.`,
		Example: "  kubectl inventory consume my-cart\n  kubectl inventory consume my-cart --item blue-mug-amsterdam@amsterdam-1=1",
		Args:    arguments(1, 1, "one reservation"),
	}
	c.ValidArgsFunction = p.reservationNames()
	w := p.writingFlags(c)
	end.flags(c, p, "shipped")
	c.RunE = func(c *cobra.Command, given []string) error {
		end.name = given[0]
		end.change = func(r *v1.Reservation, parts []v1.PartialItem) {
			if len(parts) > 0 {
				r.Spec.ConsumeItems = merged(r.Spec.ConsumeItems, parts)
				return
			}
			r.Spec.Intent = v1.IntentConsume
		}
		end.tell = func(r *v1.Reservation) error {
			// With parts it may end as released, once the last unit has gone either way.
			if !r.CurrentPhase().Final() || r.Status.Phase == v1.PhaseConsumed {
				return nil
			}
			return fmt.Errorf("it is %s", r.Status.Phase)
		}
		return w.end(c.Context(), end, "consumed")
	}
	return c
}
