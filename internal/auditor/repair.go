package auditor

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
)

// repair has derived figures derived again. Wrong totals of the ledger are put
// right by the very write that tells of them. Decisions are left as they are.
func (a *Auditor) repair(ctx context.Context, namespace string, found []Difference) {
	items, tallies, relearn := map[string]Difference{}, map[string]Difference{}, false
	for _, d := range found {
		switch d.Kind {
		case Memory:
			relearn = true
		case Item, Oversold:
			items[d.name] = d
		case Tally:
			tallies[d.name] = d
		case Totals:
		case Uncounted, Malformed:
			continue // a person has to look at what was decided
		}
		repairs.WithLabelValues(d.Kind.String()).Inc()
	}
	if relearn {
		a.Stock.Relearn(namespace)
	}
	for name, d := range items {
		a.Stock.ItemStale(&v1.StockItem{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec:       v1.StockItemSpec{ProductID: d.key.ProductID, LocationID: d.key.LocationID},
		})
	}
	for name := range tallies {
		if err := a.sumUp(ctx, client.ObjectKey{Namespace: namespace, Name: name}); err != nil {
			log.FromContext(ctx).Error(err, "the sums of a stock tally stay wrong until the next audit")
		}
	}
}

// sumUp writes the sums of a tally again, over the version whose entries it has
// summed up. Its entries and its last fold stay what they are.
func (a *Auditor) sumUp(ctx context.Context, key client.ObjectKey) error {
	var t v1.StockTally
	if err := a.Reader.Get(ctx, key, &t); err != nil {
		return fmt.Errorf("read stock tally %s: %w", key, err)
	}
	keys, consumed := tallySums(&t)
	if t.Status.Keys == keys && t.Status.Consumed == consumed {
		return nil
	}
	t.Status.Keys, t.Status.Consumed = keys, consumed
	if err := a.Client.Status().Update(ctx, &t); err != nil {
		return fmt.Errorf("write the sums of stock tally %s: %w", key, err)
	}
	return nil
}

// ItemMeddled takes note of a StockItem whose status somebody else had changed,
// before it is written again: an audit would only see it if it came first.
func (a *Auditor) ItemMeddled(ctx context.Context, was v1.StockItemStatus, item *v1.StockItem) {
	is := item.Status
	found := sorted(differing(Difference{Kind: Item, Object: "StockItem " + item.Name},
		figure{"observedGeneration", is.ObservedGeneration, was.ObservedGeneration},
		figure{"onHand", is.OnHand, was.OnHand}, figure{"reserved", is.Reserved, was.Reserved},
		figure{"available", is.Available, was.Available}, figure{"consumed", is.Consumed, was.Consumed},
		figure{"shortfall", is.Shortfall, was.Shortfall}))
	if len(found) == 0 {
		return
	}
	log.FromContext(ctx).Info("the status of a stock item was changed by somebody else and is written again",
		"namespace", item.Namespace, "found", Summary(found))
	repairs.WithLabelValues(Item.String()).Add(float64(len(found)))
	all := a.plan(item.Namespace).mend(found)
	differencesFound.WithLabelValues(item.Namespace, Item.String()).Set(float64(len(all)))
	a.tell(item.Namespace, "", differ(all, all, 0))
	a.soon(item.Namespace)
}
