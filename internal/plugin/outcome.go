package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin/cluster"
)

// writing are the flags of verbs that write.
type writing struct {
	*printing
	dryRun  string
	wait    bool
	timeout time.Duration
}

// writingFlags adds --dry-run, --wait and --timeout to a verb.
func (p *plugin) writingFlags(c *cobra.Command) *writing {
	w := &writing{printing: p.printingFlags(c, false)}
	c.Flags().StringVar(&w.dryRun, "dry-run", "none", "none, or server: the API server checks it, and nothing is written")
	c.Flags().Lookup("dry-run").NoOptDefVal = "server"
	c.Flags().BoolVar(&w.wait, "wait", true, "wait until it is carried out")
	c.Flags().DurationVar(&w.timeout, "timeout", 30*time.Second, "how long to wait")
	p.complete(c, "dry-run", fixed("none", "server"))
	format := c.PreRunE
	c.PreRunE = func(c *cobra.Command, given []string) error {
		if w.dryRun != "none" && w.dryRun != "server" {
			return misused("--dry-run=%q: use none or server", w.dryRun)
		}
		return format(c, given)
	}
	return w
}

// dry tells whether nothing is to be written.
func (w *writing) dry() bool { return w.dryRun == "server" }

// suffix says so, as kubectl does.
func (w *writing) suffix() string {
	if w.dry() {
		return " (server dry run)"
	}
	return ""
}

// waits tells whether the outcome is waited for.
func (w *writing) waits() bool { return w.wait && !w.dry() }

// outcome waits until a Reservation has carried out its spec as it is, and returns how it
// then stands.
func (w *writing) outcome(ctx context.Context, reach *cluster.Cluster, r *v1.Reservation, done func(*v1.Reservation) bool) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	now, err := reach.AwaitReservation(ctx, client.ObjectKeyFromObject(r), func(now *v1.Reservation) bool {
		return now.UID != r.UID || now.Status.ObservedGeneration >= r.Generation && done(now)
	})
	switch {
	case errors.Is(err, cluster.ErrNotYet):
		return nil, &codedError{Undecided, fmt.Errorf("reservation %s is written, and no operator has decided within %s: it may still come; kubectl get ledger tells whether one leads", r.Name, w.timeout)}
	case err != nil:
		return nil, fmt.Errorf("reservation %s is written, and what becomes of it cannot be seen: %w", r.Name, err)
	case now.UID != r.UID:
		return nil, fmt.Errorf("reservation %s: %w", r.Name, cluster.ErrGone)
	}
	return now, nil
}

// shown waits until a StockItem shows its spec as it is.
func (w *writing) shown(ctx context.Context, reach *cluster.Cluster, item *v1.StockItem) (*v1.StockItem, error) {
	if !w.waits() {
		return item, nil
	}
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	now, err := reach.AwaitItem(ctx, client.ObjectKeyFromObject(item), func(now *v1.StockItem) bool {
		return now.UID != item.UID || now.Status.ObservedGeneration >= item.Generation
	})
	switch {
	case errors.Is(err, cluster.ErrNotYet):
		return nil, &codedError{Undecided, fmt.Errorf("StockItem %s is written, and no operator has taken it in within %s: it may still come; kubectl get ledger tells whether one leads", item.Name, w.timeout)}
	case err != nil:
		return nil, fmt.Errorf("StockItem %s is written, and what becomes of it cannot be seen: %w", item.Name, err)
	case now.UID != item.UID:
		return nil, fmt.Errorf("StockItem %s: %w", item.Name, cluster.ErrGone)
	}
	return now, nil
}

// places says in words what a Reservation got, and what became of it.
func places(r *v1.Reservation) string {
	var texts []string
	for _, a := range r.Status.Allocations {
		text := fmt.Sprintf("%d %s from %s", a.Quantity, a.ProductID, a.LocationID)
		var became []string
		if a.Consumed > 0 {
			became = append(became, fmt.Sprintf("%d consumed", a.Consumed))
		}
		if a.Released > 0 {
			became = append(became, fmt.Sprintf("%d released", a.Released))
		}
		if len(became) > 0 {
			text += " (" + strings.Join(became, ", ") + ")"
		}
		texts = append(texts, text)
	}
	for _, u := range r.Status.UnavailableItems {
		texts = append(texts, fmt.Sprintf("%d of %d %s", u.Available, u.Requested, u.ProductID))
	}
	return strings.Join(texts, ", ")
}

// stalled is why a Reservation cannot be decided as it is, empty if it can.
func stalled(r *v1.Reservation) string {
	if c := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionStalled); c != nil && c.Status == metav1.ConditionTrue {
		return c.Reason + ": " + c.Message
	}
	return ""
}

// parts reads PRODUCT[@LOCATION]=UNITS, where a StockItem's name stands for its product.
func parts(items []v1.StockItem, texts []string) ([]v1.PartialItem, error) {
	var all []v1.PartialItem
	for _, text := range texts {
		what, units, err := splitUnits(text)
		if err != nil {
			return nil, err
		}
		part := v1.PartialItem{ProductID: what, Quantity: units}
		if at := strings.LastIndex(what, "@"); at >= 0 && !known(items, what) {
			part.ProductID, part.LocationID = what[:at], what[at+1:]
		}
		if part.ProductID, err = cluster.Product(items, part.ProductID); err != nil {
			return nil, misused("%w", err)
		}
		same := func(p v1.PartialItem) bool { return p.ProductID == part.ProductID && p.LocationID == part.LocationID }
		if slices.ContainsFunc(all, same) {
			return nil, misused("%q: this product is named twice: add up its units", text)
		}
		all = append(all, part)
	}
	return all, nil
}

func known(items []v1.StockItem, text string) bool {
	_, err := cluster.Product(items, text)
	return err == nil
}
