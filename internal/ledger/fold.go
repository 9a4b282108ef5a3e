package ledger

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// fold are units that are consumed and that no tally counts yet.
type fold struct {
	id    int64
	units map[Key]folded
	takes map[types.UID]map[Key]int64
	// unsaid are those of the units that may not be shown to anybody yet, since
	// the ledger that names them is still being written.
	unsaid map[Key]int64
}

type folded struct {
	quantity int64
	shard    int32
}

// OpenFold starts a fold. Its id is higher than that of any fold before.
func (l *Ledger) OpenFold(id int64) {
	l.fold = &fold{id: id, units: map[Key]folded{}, takes: map[types.UID]map[Key]int64{}, unsaid: map[Key]int64{}}
}

// ShowFold makes the open fold what a StockLedger says, nil for none.
func (l *Ledger) ShowFold(shown *v1.Fold) {
	l.CloseFold()
	if shown == nil {
		return
	}
	l.OpenFold(shown.ID)
	for _, u := range shown.Units {
		key := Key{ProductID: u.ProductID, LocationID: u.LocationID}
		l.fold.units[key] = folded{quantity: u.Quantity, shard: u.Shard}
		l.recountConsumed(key)
	}
	for _, r := range shown.Reservations {
		l.take(r.UID, r.Takes)
	}
}

// Consume makes units part of the open fold: they are consumed from here on,
// and no longer held by the Reservation. Until FoldStored they show as they did.
func (l *Ledger) Consume(uid types.UID, takes []v1.Take) {
	l.Refold(takes)
	l.take(uid, takes)
}

// Refold makes units part of the open fold that no Reservation holds any more.
func (l *Ledger) Refold(takes []v1.Take) {
	for _, t := range takes {
		key := Key{ProductID: t.ProductID, LocationID: t.LocationID}
		u, known := l.fold.units[key]
		if !known {
			u.shard = l.shardFor(key)
		}
		u.quantity += t.Quantity
		l.fold.units[key] = u
		l.fold.unsaid[key] += t.Quantity
		l.recountConsumed(key)
	}
}

// FoldStored says that the stored ledger names all that the open fold took so
// far, which may be shown from here on.
func (l *Ledger) FoldStored() {
	if l.fold == nil {
		return
	}
	for key := range l.fold.unsaid {
		l.changed[key] = struct{}{}
	}
	clear(l.fold.unsaid)
}

// unsaid is how many consumed units of a key may not be shown yet.
func (l *Ledger) unsaid(key Key) int64 {
	if l.fold == nil {
		return 0
	}
	return l.fold.unsaid[key]
}

// take makes takes count against the hold of a Reservation.
func (l *Ledger) take(uid types.UID, takes []v1.Take) {
	l.count(uid, -1)
	taken := make(map[Key]int64, len(takes))
	for _, t := range takes {
		taken[Key{ProductID: t.ProductID, LocationID: t.LocationID}] += t.Quantity
	}
	l.fold.takes[uid] = taken
	l.count(uid, 1)
}

// CloseFold ends the open fold: the tallies count its units by now, or it never
// came to be.
func (l *Ledger) CloseFold() {
	if l.fold == nil {
		return
	}
	closed := l.fold
	for uid := range closed.takes {
		l.count(uid, -1)
	}
	l.fold = nil
	for uid := range closed.takes {
		l.count(uid, 1)
	}
	for key := range closed.units {
		l.recountConsumed(key)
	}
}

// FoldUnits are the units of the open fold, in a fixed order.
func (l *Ledger) FoldUnits() []v1.FoldUnits {
	if l.fold == nil {
		return nil
	}
	units := make([]v1.FoldUnits, 0, len(l.fold.units))
	for key, u := range l.fold.units {
		units = append(units, v1.FoldUnits{
			ProductID: key.ProductID, LocationID: key.LocationID, Quantity: u.quantity, Shard: u.shard,
		})
	}
	slices.SortFunc(units, func(a, b v1.FoldUnits) int {
		return cmp.Or(strings.Compare(a.ProductID, b.ProductID), strings.Compare(a.LocationID, b.LocationID))
	})
	return units
}

// Covers tells whether a Reservation is known to hold what takes would take of
// it.
func (l *Ledger) Covers(uid types.UID, takes []v1.Take) bool {
	h, held := l.holds[uid]
	if !held || h.version == 0 {
		return false
	}
	left := map[Key]int64{}
	for _, a := range h.allocations {
		key := Key{ProductID: a.ProductID, LocationID: a.LocationID}
		left[key] += a.Held() - l.folding(uid, h, key)
	}
	for _, t := range takes {
		key := Key{ProductID: t.ProductID, LocationID: t.LocationID}
		if t.Quantity > left[key] {
			return false
		}
		left[key] -= t.Quantity
	}
	return true
}

// folding is how many units of a key the open fold takes of a hold that does
// not show it yet.
func (l *Ledger) folding(uid types.UID, h *hold, key Key) int64 {
	if l.fold == nil || h.foldID >= l.fold.id {
		return 0
	}
	return l.fold.takes[uid][key]
}

func sortTakes(takes []v1.Take) {
	slices.SortFunc(takes, func(a, b v1.Take) int {
		return cmp.Or(strings.Compare(a.ProductID, b.ProductID), strings.Compare(a.LocationID, b.LocationID))
	})
}
