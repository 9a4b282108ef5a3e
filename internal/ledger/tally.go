package ledger

import v1 "github.com/acme/inventory-service/api/v1"

// tally is one StockTally.
type tally struct {
	version  uint64
	lastFold int64
	entries  map[Key]int64
	bytes    int
}

// PutTally records a StockTally as it was at version. One that counts less than
// is known was deleted and made again: what was shipped stays known.
func (l *Ledger) PutTally(shard int32, version uint64, lastFold int64, entries []v1.Take) {
	before, known := l.tallies[shard]
	if known && (version <= before.version || lastFold < before.lastFold) {
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
	if l.fold != nil {
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

// shardBytes is the size from which on a tally takes no new keys.
const shardBytes = 256 << 10

func keyBytes(key Key) int {
	const frame = 60
	return frame + len(key.ProductID) + len(key.LocationID)
}
