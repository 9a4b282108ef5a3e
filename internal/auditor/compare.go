package auditor

import (
	"strconv"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// truth is what one product at one location should show.
type truth struct {
	held, consumed int64
	// tallied says that a tally has the key, counted up to which fold it counts.
	tallied bool
	counted int64
	// folding is the id of the open fold if that has units of the key.
	folding int64
	moving  bool
	basis   uint64
	serving *v1.StockItem
}

// Compare returns all figures that do not agree, the worst first.
func (b *Books) Compare() []Difference {
	truths := b.truths()
	found := append([]Difference(nil), b.malformed...)
	for key, t := range truths {
		found = append(found, b.compareMemory(key, t)...)
		found = append(found, b.compareFolds(key, t)...)
	}
	for _, item := range b.items {
		found = append(found, b.compareItem(item, truths[itemKey(item)])...)
	}
	for _, tally := range b.tallies {
		found = append(found, compareTally(tally)...)
	}
	return sorted(append(found, b.compareTotals(truths)...))
}

// truths adds up what is stored, by key.
func (b *Books) truths() map[ledger.Key]*truth {
	truths := map[ledger.Key]*truth{}
	at := func(key ledger.Key) *truth {
		t, known := truths[key]
		if !known {
			t = &truth{}
			truths[key] = t
		}
		return t
	}
	for key, a := range b.accounts {
		t := at(key)
		t.held, t.basis = a.held, a.basis
	}
	for _, tally := range b.tallies {
		for _, e := range tally.Status.Entries {
			t := at(ledger.Key{ProductID: e.ProductID, LocationID: e.LocationID})
			t.consumed += e.Quantity
			t.tallied, t.counted = true, max(t.counted, tally.Status.LastFold)
			t.basis += fingerprint(string(tally.UID), e.ProductID, e.LocationID, strconv.FormatInt(e.Quantity, 10))
		}
	}
	b.addJournal(at)
	for _, item := range b.items {
		t := at(itemKey(item))
		t.basis += fingerprint(string(item.UID), strconv.FormatInt(item.Generation, 10))
		if t.serving == nil || servesBefore(item, t.serving) {
			t.serving = item
		}
	}
	for key := range b.memory.Figures {
		at(key)
	}
	for key := range b.memory.Moving {
		at(key).moving = true
	}
	return truths
}

// addJournal counts the holds in flight and the open fold of the ledger.
func (b *Books) addJournal(at func(ledger.Key) *truth) {
	if b.ledger == nil {
		return
	}
	for _, hold := range b.ledger.Status.InFlight {
		_, waits := b.pending[hold.UID]
		for _, a := range hold.Allocations {
			t := at(ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID})
			t.moving = true
			t.basis += fingerprint("in flight", string(hold.UID))
			if waits {
				t.held += a.Quantity
			}
		}
	}
	fold := b.ledger.Status.OpenFold
	if fold == nil {
		return
	}
	for _, u := range fold.Units {
		t := at(ledger.Key{ProductID: u.ProductID, LocationID: u.LocationID})
		t.moving, t.folding = true, fold.ID
		t.basis += fingerprint("fold", strconv.FormatInt(fold.ID, 10))
		if b.talliedUpTo(u.Shard) < fold.ID {
			t.consumed += u.Quantity
		}
	}
	for _, r := range fold.Reservations {
		if shown, reserved := b.shown[r.UID]; reserved && shown < fold.ID {
			for _, take := range r.Takes {
				at(ledger.Key{ProductID: take.ProductID, LocationID: take.LocationID}).held -= take.Quantity
			}
		}
	}
}

// talliedUpTo is the last fold that a tally counts, 0 where there is no such
// tally.
func (b *Books) talliedUpTo(shard int32) int64 {
	for _, t := range b.tallies {
		if t.Name == v1.TallyName(shard) {
			return t.Status.LastFold
		}
	}
	return 0
}

func itemKey(item *v1.StockItem) ledger.Key {
	return ledger.Key{ProductID: item.Spec.ProductID, LocationID: item.Spec.LocationID}
}

// servesBefore tells which of two items of one key serves: the older, then the
// one with the smaller UID.
func servesBefore(a, b *v1.StockItem) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.UID < b.UID
}
