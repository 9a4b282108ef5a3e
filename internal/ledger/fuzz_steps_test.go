package ledger

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// steps are all that can be told to a Ledger. What a caller owes it is kept: a
// fold is opened when none is, takes of a Reservation what it holds and takes of
// it once, and a tally counts keys that no other counts.
var steps = []func(p *play) string{
	putItem, dropItem, completeItems,
	commit, journal, withdraw, end, completeHolds,
	openFold, showFold, consume, putTally, closeFold, refold, foldStored, forget,
}

func putItem(p *play) string {
	i := p.number(fuzzItems)
	uid := itemUID(i)
	item := Item{
		Key: p.key(), UID: uid, Name: string(uid), CreatedAt: epoch.Add(time.Duration(i%2) * time.Hour),
		Declared: p.units(), SafetyStock: p.units(), Suspended: p.number(5) == 4, Priority: int32(p.number(3)) - 1,
	}
	item.Sellable = min(item.Declared, []int64{item.Declared, item.Declared / 2, 0}[p.number(3)])
	version := p.at()
	p.ledger.PutItem(item, version)
	if known := p.naive.items[uid]; version > p.naive.itemFloor && !p.naive.ended(uid) && version > known.version {
		p.naive.items[uid] = itemRecord{Item: item, version: version}
	}
	return "put item"
}

func dropItem(p *play) string {
	uid := itemUID(p.number(fuzzItems))
	p.ledger.DropItem(uid)
	p.naive.end(uid)
	return "drop item"
}

func completeItems(p *play) string {
	version, listed := p.at(), p.some(fuzzItems, itemUID)
	p.ledger.CompleteItems(version, listed)
	for uid, record := range p.naive.items {
		if _, there := listed[uid]; !there && record.version <= version {
			p.naive.end(uid)
		}
	}
	p.naive.itemFloor = max(p.naive.itemFloor, version)
	return "complete items"
}

func commit(p *play) string {
	uid, allocations, version := reservationUID(p.number(fuzzReservations)), p.allocations(), p.at()
	foldID := int64(p.number(4))
	p.ledger.Commit(uid, version, allocations, foldID)
	if version > p.naive.holdFloor && !p.naive.ended(uid) && version > p.naive.holds[uid].version {
		p.naive.holds[uid] = hold{allocations: allocations, version: version, foldID: foldID}
	}
	return "commit"
}

func journal(p *play) string {
	uid, allocations := reservationUID(p.number(fuzzReservations)), p.allocations()
	p.ledger.Journal(uid, allocations)
	if _, held := p.naive.holds[uid]; !held && !p.naive.ended(uid) {
		p.naive.holds[uid] = hold{allocations: allocations}
	}
	return "journal"
}

func withdraw(p *play) string {
	uid := reservationUID(p.number(fuzzReservations))
	p.ledger.Withdraw(uid)
	if p.naive.holds[uid].version == 0 {
		delete(p.naive.holds, uid)
	}
	return "withdraw"
}

func end(p *play) string {
	uid := reservationUID(p.number(fuzzReservations))
	p.ledger.End(uid)
	p.naive.end(uid)
	return "end"
}

func completeHolds(p *play) string {
	version, listed := p.at(), p.some(fuzzReservations, reservationUID)
	p.ledger.CompleteHolds(version, listed)
	for uid, h := range p.naive.holds {
		if _, there := listed[uid]; !there && h.version > 0 && h.version <= version {
			p.naive.end(uid)
		}
	}
	p.naive.holdFloor = max(p.naive.holdFloor, version)
	return "complete holds"
}

func forget(p *play) string {
	p.ledger.Forget()
	p.naive.turns++
	return "forget"
}

// some are those of the first n whose bit is set.
func (p *play) some(n int, name func(int) types.UID) map[types.UID]struct{} {
	bits, set := p.number(256), map[types.UID]struct{}{}
	for i := range n {
		if bits>>i&1 == 1 {
			set[name(i)] = struct{}{}
		}
	}
	return set
}

// allocations are of up to three keys, some of them settled in part.
func (p *play) allocations() []v1.Allocation {
	var all []v1.Allocation
	for _, key := range p.keys() {
		a := from(key.LocationID, key.ProductID, 1+min(p.units(), 1e9))
		a.Consumed = min(p.units(), a.Quantity)
		a.Released = min(p.units(), a.Quantity-a.Consumed)
		all = append(all, a)
	}
	return all
}

// keys are one to three, each once.
func (p *play) keys() []Key {
	var keys []Key
	for range 1 + p.number(3) {
		if key := p.key(); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
