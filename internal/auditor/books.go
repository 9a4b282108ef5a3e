package auditor

import (
	"hash/fnv"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/ledger"
)

// Books are what one look at a namespace saw, added up. They are pure: fill them
// with what was read, in any order, then Compare.
type Books struct {
	accounts map[ledger.Key]*account
	// shown is the last fold that each Reserved Reservation shows; pending are
	// the Reservations that wait for their outcome.
	shown     map[types.UID]int64
	pending   map[types.UID]struct{}
	malformed []Difference

	items   []*v1.StockItem
	tallies []*v1.StockTally
	ledger  *v1.StockLedger
	memory  allocator.Memory
}

// account is what the stored objects say of one product at one location.
type account struct {
	// held are the units that Reserved Reservations hold, shipped those that
	// Reservations show as consumed.
	held, shipped int64
	// lastFold is the highest fold that a Reservation says brought units of this
	// key to the tallies; lastShipped names it.
	lastFold    int64
	lastShipped string
	// basis stands for the versions of the Reservations that count here.
	basis uint64
}

// NewBooks returns empty books.
func NewBooks() *Books {
	return &Books{
		accounts: map[ledger.Key]*account{}, shown: map[types.UID]int64{}, pending: map[types.UID]struct{}{},
	}
}

// AddReservation takes in a Reservation that is Pending, Reserved or Consumed.
// Of the others nothing counts.
func (b *Books) AddReservation(r *v1.Reservation) {
	switch r.CurrentPhase() {
	case v1.PhasePending:
		b.pending[r.UID] = struct{}{}
		return
	case v1.PhaseReserved:
		b.shown[r.UID] = r.Status.FoldID
	case v1.PhaseConsumed:
	default:
		return
	}
	b.malformed = append(b.malformed, malformed(r)...)
	basis := fingerprint(string(r.UID), r.ResourceVersion)
	for _, a := range r.Status.Allocations {
		account := b.account(ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID})
		account.basis += basis
		account.shipped += a.Consumed
		if r.CurrentPhase() == v1.PhaseReserved {
			account.held += a.Quantity - a.Consumed - a.Released
		}
		if a.LastConsumed > 0 && r.Status.FoldID > account.lastFold {
			account.lastFold, account.lastShipped = r.Status.FoldID, r.Name
		}
	}
}

// AddItem takes in a StockItem.
func (b *Books) AddItem(item *v1.StockItem) { b.items = append(b.items, item) }

// AddTally takes in a StockTally.
func (b *Books) AddTally(t *v1.StockTally) { b.tallies = append(b.tallies, t) }

// SetLedger takes in the StockLedger.
func (b *Books) SetLedger(l *v1.StockLedger) { b.ledger = l }

// SetMemory takes in what the operator knows.
func (b *Books) SetMemory(m allocator.Memory) { b.memory = m }

func (b *Books) account(key ledger.Key) *account {
	a, known := b.accounts[key]
	if !known {
		a = &account{}
		b.accounts[key] = a
	}
	return a
}

// fingerprint stands for an object at a version. Sums of fingerprints stand for
// sets of them.
func fingerprint(parts ...string) uint64 {
	h := fnv.New64a()
	for _, part := range parts {
		_, _ = h.Write([]byte(part)) // never fails
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// malformed finds what a Reservation contradicts itself in: it holds all of its
// items in full or none, and of each allocation no part was used twice.
func malformed(r *v1.Reservation) []Difference {
	var found []Difference
	differ := func(figure string, expected, is int64) {
		found = append(found, Difference{
			Kind: Malformed, Object: "Reservation " + r.Name, Figure: figure, Expected: expected, Found: is,
			name: r.Name, basis: fingerprint(string(r.UID), r.ResourceVersion),
		})
	}
	allocated := map[string]int64{}
	for _, a := range r.Status.Allocations {
		allocated[a.ProductID] += a.Quantity
		left := a.Quantity - a.Consumed - a.Released
		where := a.ProductID + " at " + a.LocationID
		if a.Quantity < 0 || a.Consumed < 0 || a.Released < 0 || left < 0 {
			differ("units left of "+where, 0, min(left, a.Quantity, a.Consumed, a.Released))
		}
		if r.Status.Phase == v1.PhaseConsumed && left > 0 {
			differ("units still held of "+where, 0, left)
		}
	}
	for _, line := range r.Spec.Items {
		if allocated[line.ProductID] != line.Quantity {
			differ("units allocated of "+line.ProductID, line.Quantity, allocated[line.ProductID])
		}
		delete(allocated, line.ProductID)
	}
	for product, units := range allocated {
		differ("units allocated of "+product, 0, units)
	}
	return found
}
