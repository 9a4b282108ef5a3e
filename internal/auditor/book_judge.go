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
			b.contradict(KindDecision, object, "units of "+where, "no part used twice",
				fmt.Sprintf("%d shipped and %d given back of %d", a.Consumed, a.Released, a.Quantity))
		} else if r.Phase.Ended() && held != 0 {
			b.contradict(KindDecision, object, "units still held of "+where, "0", fmt.Sprint(held))
		}
	}
	for product, units := range missing {
		if units != 0 {
			b.contradict(KindDecision, object, "units allocated of "+string(product), "all or none", fmt.Sprintf("%d missing", units))
		}
	}
}

// judgeChange finds what a change of a hold must not do, and returns the units that it
// ships from each place.
func (b *Book) judgeChange(r *stock.Reservation, to *stock.Change) map[stock.Key]int64 {
	was, is := unitsAt(r.Allocations), unitsAt(to.Allocations)
	shipped := map[stock.Key]int64{}
	for key := range was {
		if _, still := is[key]; !still {
			is[key] = stock.Allocation{}
		}
	}
	for key, a := range is {
		before := was[key]
		units := a.Consumed - before.Consumed
		if units < 0 || a.Released < before.Released || a.Quantity > before.Quantity+units {
			b.contradict(KindDecision, "Reservation "+string(r.ID), "allocations", "as decided, and only used up or shipped from elsewhere", "others")
			return nil
		}
		if units > 0 {
			shipped[key] = units
		}
	}
	return shipped
}

// unitsAt adds up allocations by what they are from.
func unitsAt(allocations []stock.Allocation) map[stock.Key]stock.Allocation {
	units := map[stock.Key]stock.Allocation{}
	for _, a := range allocations {
		sum := units[keyOf(a)]
		sum.Quantity, sum.Consumed, sum.Released = sum.Quantity+a.Quantity, sum.Consumed+a.Consumed, sum.Released+a.Released
		units[keyOf(a)] = sum
	}
	return units
}

// judgeMoved finds units that were shipped from a place where they were neither held nor to
// sell. It needs to know all that is held.
func (b *Book) judgeMoved(id stock.ID, before, after []stock.Allocation) {
	was := unitsAt(before)
	for key, a := range unitsAt(after) {
		if a.Quantity > was[key].Quantity && b.complete {
			b.judgePromised(key, fmt.Sprintf("units promised once Reservation %s shipped from there", id))
		}
	}
}

// judgeReplaced finds a hold in whose place another one came, and which does not say so.
func (b *Book) judgeReplaced(r *stock.Reservation) {
	if r.Replaces == "" || r.Phase != stock.PhaseReserved {
		return
	}
	if old := b.Reservation(r.Replaces); old != nil && (!old.Phase.Ended() || old.ReplacedBy != r.ID) {
		b.contradict(KindDecision, "Reservation "+string(old.ID), "replaced by", string(r.ID), string(old.ReplacedBy))
	}
}

// judgeSale finds units that were sold beyond what there was to sell. It needs to know all
// that is held.
func (b *Book) judgeSale(r *stock.Reservation) {
	for _, a := range r.Allocations {
		b.judgePromised(keyOf(a), fmt.Sprintf("units promised once Reservation %s had its own", r.ID))
	}
}

func (b *Book) judgePromised(key stock.Key, figure string) {
	s := b.stockAt(key)
	limit := int64(0)
	if i := b.serving(s); i != nil && !i.Suspended {
		limit = i.Sellable - i.SafetyStock
	}
	if promised := s.reserved + s.consumed; promised > limit {
		b.contradict(KindOversold, describe(key), figure, fmt.Sprintf("%d at most", limit), fmt.Sprint(promised))
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
		b.contradict(KindDecision, object, "waits", "true", "false")
	}
	if stated.Sellable != 0 {
		b.contradict(KindOversold, object, "units to sell as it begins to wait or to serve", "0", fmt.Sprint(stated.Sellable))
	}
}

// judgeHeir finds a StockItem that serves after another one is gone, though nobody said so.
// It needs to know all that could serve.
func (b *Book) judgeHeir(gone, serving *item) {
	if serving == nil || !b.complete || serving.TakesOver || serving.Name == gone.Name {
		return
	}
	b.contradict(KindDecision, "StockItem "+serving.Name, "serves", "false", "true")
}
