package plugin

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// extend is the verb.
func (p *plugin) extend() *cobra.Command {
	var hold time.Duration
	c := &cobra.Command{
		Use:   "extend RESERVATION --hold DURATION",
		Short: "Let a reservation last longer",
		Long: `Let a reservation last for so long from now on, 24h at most, and wait until it does: exit
code 0 if it lasts so long or longer, 3 if it cannot, such as where it has ended.`,
		Example: "  kubectl inventory extend my-cart --hold 30m",
		Args:    arguments(1, 1, "one reservation"),
	}
	c.ValidArgsFunction = p.reservationNames()
	w := p.writingFlags(c)
	c.Flags().DurationVar(&hold, "hold", 0, "how long it is to last from now on, 1s to 24h")
	c.RunE = func(c *cobra.Command, given []string) error {
		if hold < v1.MinHoldSeconds*time.Second || hold > v1.MaxHoldSeconds*time.Second {
			return misused("give --hold, from 1s to 24h")
		}
		return w.runExtend(c, given[0], metav1.NewTime(time.Now().Add(hold).Truncate(time.Second)))
	}
	return c
}

func (w *writing) runExtend(c *cobra.Command, name string, until metav1.Time) error {
	reach, namespace, err := w.cluster()
	if err != nil {
		return err
	}
	e := ending{change: func(r *v1.Reservation, _ []v1.PartialItem) { r.Spec.HoldUntil = &until }}
	r, err := w.writeEnding(c.Context(), reach, client.ObjectKey{Namespace: namespace, Name: name}, e, nil)
	if err != nil {
		return err
	}
	full := nameOf("Reservation", r.Name)
	if !w.waits() {
		return w.object(r, full+" changed"+w.suffix())
	}
	now, err := w.outcome(c.Context(), reach, r, func(now *v1.Reservation) bool { return now.Decided() || stalled(now) != "" })
	if err != nil {
		return err
	}
	if why := notExtended(now); why != "" {
		return errors.Join(w.document(now), refused("%s cannot be extended: %s", full, why))
	}
	return w.object(now, fmt.Sprintf("%s lasts until %s", full, now.Status.ExpiresAt.UTC().Format(time.RFC3339)))
}

// notExtended is why a hold does not last as long as its spec says, empty if it does.
func notExtended(r *v1.Reservation) string {
	if c := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionHoldExtended); c != nil && c.Status == metav1.ConditionFalse {
		return c.Message
	}
	if r.CurrentPhase() != v1.PhaseReserved || r.Status.ExpiresAt == nil {
		return "it is " + string(r.CurrentPhase())
	}
	return ""
}
