package ledger

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/mutant"
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

// tally is one StockTally.
type tally struct {
	version  uint64
	lastFold int64
	entries  map[Key]int64
	bytes    int
}

// shardBytes is the size from which on a tally takes no new keys.
const shardBytes = 256 << 10

// PutTally records a StockTally as it was at version. One that counts less than
// is known was deleted and made again: what was shipped stays known.
func (l *Ledger) PutTally(shard int32, version uint64, lastFold int64, entries []v1.Take) {
	before, known := l.tallies[shard]
	if known && (version <= before.version || lastFold < before.lastFold && !mutant.On(mutant.TallyForgets)) {
		return
	}
	after := &tally{version: version, lastFold: lastFold, entries: make(map[Key]int64, len(entries))}
	for _, e := range entries {
		key := Key{ProductID: e.ProductID, LocationID: e.LocationID}
		after.entries[key] += e.Quantity
		after.bytes += keyBytes(key)
	}
	l.tallies[shard] = after
	for key := range after.entries {
		l.recountConsumed(key)
	}
	if known {
		for key := range before.entries {
			l.recountConsumed(key)
		}
	}
	if l.fold != nil {
		for key := range l.fold.units {
			l.recountConsumed(key)
		}
	}
}

// Tally returns the entries and the last fold of a StockTally as known.
func (l *Ledger) Tally(shard int32) (entries []v1.Take, lastFold int64) {
	t, known := l.tallies[shard]
	if !known {
		return nil, 0
	}
	for key, quantity := range t.entries {
		entries = append(entries, v1.Take{ProductID: key.ProductID, LocationID: key.LocationID, Quantity: quantity})
	}
	sortTakes(entries)
	return entries, t.lastFold
}

// LastFold is the highest fold that any tally counts.
func (l *Ledger) LastFold() int64 {
	var last int64
	for _, t := range l.tallies {
		last = max(last, t.lastFold)
	}
	return last
}

// FoldSeen tells whether the units that a fold took of a key are in a tally, or
// on their way there because the fold is the open one.
func (l *Ledger) FoldSeen(key Key, id int64) bool {
	if l.fold != nil && l.fold.id == id {
		if _, named := l.fold.units[key]; named {
			return true
		}
	}
	for _, t := range l.tallies {
		if _, counted := t.entries[key]; counted {
			return t.lastFold >= id
		}
	}
	return false
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

// shardFor is the tally that counts a key: the one that does already, or the
// last one there is, or a new one when that is full.
func (l *Ledger) shardFor(key Key) int32 {
	var last int32
	for shard, t := range l.tallies {
		if _, counted := t.entries[key]; counted {
			return shard
		}
		last = max(last, shard)
	}
	bytes := 0
	if t, known := l.tallies[last]; known {
		bytes = t.bytes
	}
	for other, u := range l.fold.units {
		if u.shard > last {
			last, bytes = u.shard, 0
		}
		if u.shard == last && !l.counted(other, last) {
			bytes += keyBytes(other)
		}
	}
	if bytes >= shardBytes && last < v1.MaxTallies-1 {
		return last + 1
	}
	return last
}

func (l *Ledger) counted(key Key, shard int32) bool {
	t, known := l.tallies[shard]
	if !known {
		return false
	}
	_, counted := t.entries[key]
	return counted
}

// recountConsumed derives a key's consumed units from the tallies and the open
// fold, which counts until its tally has it.
func (l *Ledger) recountConsumed(key Key) {
	var consumed int64
	for _, t := range l.tallies {
		consumed += t.entries[key]
	}
	if l.fold != nil && !mutant.On(mutant.FoldUncounted) {
		if u, takes := l.fold.units[key]; takes {
			if t, known := l.tallies[u.shard]; !known || t.lastFold < l.fold.id {
				consumed += u.quantity
			}
		}
	}
	s := l.shelf(key)
	s.consumed = consumed
	l.recount(s)
}

func keyBytes(key Key) int {
	const frame = 60
	return frame + len(key.ProductID) + len(key.LocationID)
}

func sortTakes(takes []v1.Take) {
	slices.SortFunc(takes, func(a, b v1.Take) int {
		return cmp.Or(strings.Compare(a.ProductID, b.ProductID), strings.Compare(a.LocationID, b.LocationID))
	})
}
