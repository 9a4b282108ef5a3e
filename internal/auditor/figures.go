package auditor

import (
	"fmt"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// figure is one number with what it should be.
type figure struct {
	name            string
	expected, found int64
}

// differing returns the figures that are wrong, each as like with its numbers.
func differing(like Difference, figures ...figure) []Difference {
	var found []Difference
	for _, f := range figures {
		if f.expected != f.found {
			d := like
			d.Figure, d.Expected, d.Found = f.name, f.expected, f.found
			found = append(found, d)
		}
	}
	return found
}

// compareMemory compares what the operator works with.
func (b *Books) compareMemory(key ledger.Key, t *truth) []Difference {
	known := b.memory.Figures[key]
	like := Difference{
		Kind: Memory, Object: "the operator's memory of " + named(key), Moving: t.moving, key: key,
		basis: t.basis + b.memory.Term,
	}
	return differing(like, figure{"reserved", t.held, known.Reserved}, figure{"consumed", t.consumed, known.Consumed})
}

// compareFolds finds units that Reservations show as consumed and that nothing
// counts: of a fold that the key's tally has not seen, or more than it has.
func (b *Books) compareFolds(key ledger.Key, t *truth) []Difference {
	a := b.accounts[key]
	if a == nil {
		return nil
	}
	like := Difference{Kind: Uncounted, Moving: t.moving, key: key, basis: t.basis}
	var found []Difference
	if counted := max(t.counted, t.folding); a.lastFold > counted {
		like.Object, like.name = "Reservation "+a.lastShipped, a.lastShipped
		found = differing(like, figure{"last fold tallied of " + named(key), a.lastFold, counted})
	}
	if a.shipped > t.consumed {
		like.Object, like.name = "the StockTallies", ""
		found = append(found, differing(like, figure{"consumed of " + named(key), a.shipped, t.consumed})...)
	}
	return found
}

// compareItem compares what a StockItem shows.
func (b *Books) compareItem(item *v1.StockItem, t *truth) []Difference {
	_, behind := b.memory.Behind[itemKey(item)]
	like := Difference{
		Kind: Item, Object: "StockItem " + item.Name, Moving: t.moving || behind, name: item.Name, key: itemKey(item),
		basis: t.basis + fingerprint(string(item.UID), item.ResourceVersion),
	}
	s := &item.Status
	generation := figure{"observedGeneration", item.Generation, s.ObservedGeneration}
	if t.serving != item {
		return differing(like, generation, figure{"onHand", 0, s.OnHand}, figure{"reserved", 0, s.Reserved},
			figure{"available", 0, s.Available}, figure{"consumed", 0, s.Consumed}, figure{"shortfall", 0, s.Shortfall})
	}
	onHand := item.Spec.Received - t.consumed
	shortfall := figure{"shortfall", max(0, t.held-onHand), s.Shortfall}
	found := differing(like, generation, figure{"onHand", onHand, s.OnHand}, figure{"reserved", t.held, s.Reserved},
		figure{"available", available(item, t), s.Available}, figure{"consumed", t.consumed, s.Consumed})
	if shortfall.found < shortfall.expected {
		like.Kind = Oversold
	}
	return append(found, differing(like, shortfall)...)
}

// available is what can be reserved of an item that serves.
func available(item *v1.StockItem, t *truth) int64 {
	if item.Spec.Suspended {
		return 0
	}
	return max(0, item.Spec.Received-t.consumed-t.held-item.Spec.SafetyStock)
}

// compareTally compares the sums of a tally with its entries.
func compareTally(t *v1.StockTally) []Difference {
	keys, consumed := tallySums(t)
	like := Difference{
		Kind: Tally, Object: "StockTally " + t.Name, name: t.Name, basis: fingerprint(string(t.UID), t.ResourceVersion),
	}
	return differing(like, figure{"consumed", consumed, t.Status.Consumed}, figure{"keys", keys, t.Status.Keys})
}

func tallySums(t *v1.StockTally) (keys, consumed int64) {
	for _, e := range t.Status.Entries {
		consumed += e.Quantity
	}
	return int64(len(t.Status.Entries)), consumed
}

// compareTotals compares the totals of the ledger with the sums over all keys.
func (b *Books) compareTotals(truths map[ledger.Key]*truth) []Difference {
	if b.ledger == nil {
		return nil
	}
	want := v1.LedgerTotals{InFlight: int64(len(b.ledger.Status.InFlight))}
	like := Difference{
		Kind: Totals, Object: "StockLedger " + b.ledger.Name, name: b.ledger.Name, Moving: b.memory.Writing,
		basis: fingerprint(string(b.ledger.UID), b.ledger.ResourceVersion),
	}
	for _, t := range truths {
		like.Moving, like.basis = like.Moving || t.moving, like.basis+t.basis
		want.Reserved += t.held
		want.Consumed += t.consumed
		if t.serving == nil {
			want.WithoutItem += t.held
			continue
		}
		want.Items++
		want.OnHand += t.serving.Spec.Received - t.consumed
		want.Available += available(t.serving, t)
	}
	is := &b.ledger.Status.Totals
	return differing(like,
		figure{"totals.items", want.Items, is.Items}, figure{"totals.onHand", want.OnHand, is.OnHand},
		figure{"totals.reserved", want.Reserved, is.Reserved}, figure{"totals.available", want.Available, is.Available},
		figure{"totals.consumed", want.Consumed, is.Consumed}, figure{"totals.inFlight", want.InFlight, is.InFlight},
		figure{"totals.withoutItem", want.WithoutItem, is.WithoutItem})
}

func named(key ledger.Key) string { return fmt.Sprintf("%s at %s", key.ProductID, key.LocationID) }
