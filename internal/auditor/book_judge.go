package auditor

import (
	"fmt"

	"github.com/acme/inventory-service/internal/stock"
)

// judge finds what a reservation contradicts itself in: it holds all of its lines or none,
// and of each allocation no part was used twice.
func (b *Book) judge(r *stock.Reservation) {
	object := "Reservation " + string(r.ID)
	missing := map[stock.ID]int64{}
	if r.Phase != stock.PhaseRefused {
		for _, line := range r.Lines {
			missing[line.Product] += line.Quantity
		}
	}
	for _, a := range r.Allocations {
		missing[a.Product] -= a.Quantity
		where := describe(keyOf(a))
		if held := left(a); min(a.Quantity, a.Consumed, a.Released, held) < 0 {
			b.contradict(Decision, object, "units of "+where, "no part used twice",
				fmt.Sprintf("%d shipped and %d given back of %d", a.Consumed, a.Released, a.Quantity))
		} else if r.Phase.Ended() && held != 0 {
			b.contradict(Decision, object, "units still held of "+where, "0", fmt.Sprint(held))
		}
	}
	for product, units := range missing {
		if units != 0 {
			b.contradict(Decision, object, "units allocated of "+string(product), "all or none", fmt.Sprintf("%d missing", units))
		}
	}
}

// judgeChange finds what a change of a hold must not do, and returns the units that it
// ships from each place.
func (b *Book) judgeChange(r *stock.Reservation, to *stock.Change) map[stock.Key]int64 {
	shipped := map[stock.Key]int64{}
	same := len(r.Allocations) == len(to.Allocations)
	for i, a := range to.Allocations {
		if !same {
			break
		}
		was := r.Allocations[i]
		same = a.Product == was.Product && a.Location == was.Location && a.Quantity == was.Quantity &&
			a.Consumed >= was.Consumed && a.Released >= was.Released
		shipped[keyOf(a)] += a.Consumed - was.Consumed
	}
	if !same {
		b.contradict(Decision, "Reservation "+string(r.ID), "allocations", "as decided, and only used up", "others")
		return nil
	}
	return shipped
}

// judgeSale finds units that were sold beyond what there was to sell. It needs to know all
// that is held.
func (b *Book) judgeSale(r *stock.Reservation) {
	for _, a := range r.Allocations {
		key := keyOf(a)
		s := b.shelf(key)
		limit := int64(0)
		if i := b.serving(s); i != nil && !i.Suspended {
			limit = i.Sellable - i.SafetyStock
		}
		if promised := s.reserved + s.consumed; promised > limit {
			b.contradict(Oversold, describe(key), fmt.Sprintf("units promised once Reservation %s had its own", r.ID),
				fmt.Sprintf("%d at most", limit), fmt.Sprint(promised))
		}
	}
}

// judgeBegun finds a StockItem that serves after it waited, though nobody said so or another
// one serves; and one that begins to wait, or to serve, with units to sell, which its
// status does not show yet.
func (b *Book) judgeBegun(known, stated *stock.Item, serving *item) {
	if known.Waits == stated.Waits {
		return
	}
	object := "StockItem " + stated.Name
	if known.Waits && (serving != nil || !stated.TakesOver && stated.Generation == known.Generation) {
		b.contradict(Decision, object, "waits", "true", "false")
	}
	if stated.Sellable != 0 {
		b.contradict(Oversold, object, "units to sell as it begins to wait or to serve", "0", fmt.Sprint(stated.Sellable))
	}
}

// judgeHeir finds a StockItem that serves after another one is gone, though nobody said so.
// It needs to know all that could serve.
func (b *Book) judgeHeir(gone, serving *item) {
	if serving == nil || !b.complete || serving.TakesOver || serving.Name == gone.Name {
		return
	}
	b.contradict(Decision, "StockItem "+serving.Name, "serves", "false", "true")
}
