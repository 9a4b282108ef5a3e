package ledger

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

func openFold(p *play) string {
	id := 1 + int64(p.number(5))
	if p.naive.fold == nil {
		p.ledger.OpenFold(id)
		p.naive.openFold(id)
	}
	return "open fold"
}

func (n *naive) openFold(id int64) { n.fold = &naiveFold{id: id, takes: map[types.UID][]v1.Take{}} }

func showFold(p *play) string {
	if p.number(4) == 3 {
		p.ledger.ShowFold(nil)
		p.naive.fold = nil
		return "show no fold"
	}
	shown := &v1.Fold{ID: 1 + int64(p.number(5))}
	p.naive.openFold(shown.ID)
	for _, t := range p.takes() {
		shown.Units = append(shown.Units, v1.FoldUnits{
			ProductID: t.ProductID, LocationID: t.LocationID, Quantity: t.Quantity, Shard: int32(p.number(fuzzShards)),
		})
	}
	uid := reservationUID(p.number(fuzzReservations))
	shown.Reservations = []v1.FoldedReservation{{UID: uid, Takes: p.takes()}}
	p.naive.fold.units, p.naive.fold.takes[uid] = shown.Units, shown.Reservations[0].Takes
	p.ledger.ShowFold(shown)
	return "show fold"
}

func consume(p *play) string {
	uid, takes := reservationUID(p.number(fuzzReservations)), p.takes()
	covered := p.naive.holds[uid].version > 0
	for _, t := range takes {
		covered = covered && t.Quantity <= p.naive.left(uid, Key{t.ProductID, t.LocationID})
	}
	if got := p.ledger.Covers(uid, takes); got != covered {
		p.t.Fatalf("that %s covers %+v is %t, want %t", uid, takes, got, covered)
	}
	if p.naive.fold == nil || p.naive.fold.takes[uid] != nil || !covered {
		return "ask what is covered"
	}
	p.ledger.Consume(uid, takes)
	p.naive.refold(takes)
	p.naive.fold.takes[uid] = takes
	return "consume"
}

func refold(p *play) string {
	if p.naive.fold == nil {
		return "nothing"
	}
	takes := p.takes()
	p.ledger.Refold(takes)
	p.naive.refold(takes)
	return "refold"
}

func (n *naive) refold(takes []v1.Take) {
	n.fold.unsaid = append(n.fold.unsaid, takes...)
	for _, t := range takes {
		place := slices.IndexFunc(n.fold.units, func(u v1.FoldUnits) bool {
			return u.ProductID == t.ProductID && u.LocationID == t.LocationID
		})
		if place < 0 {
			place = len(n.fold.units)
			n.fold.units = append(n.fold.units, v1.FoldUnits{ProductID: t.ProductID, LocationID: t.LocationID, Shard: n.shardFor(t)})
		}
		n.fold.units[place].Quantity += t.Quantity
	}
}

// shardFor is the tally that counts a key, else the last that there is or will be.
func (n *naive) shardFor(t v1.Take) (last int32) {
	for shard, known := range n.tallies {
		if slices.ContainsFunc(known.entries, func(e v1.Take) bool {
			return e.ProductID == t.ProductID && e.LocationID == t.LocationID
		}) {
			return shard
		}
		last = max(last, shard)
	}
	for _, u := range n.fold.units {
		last = max(last, u.Shard)
	}
	return last
}

func foldStored(p *play) string {
	p.ledger.FoldStored()
	if p.naive.fold != nil {
		p.naive.fold.unsaid = nil
	}
	return "fold stored"
}

func closeFold(p *play) string {
	p.ledger.CloseFold()
	p.naive.fold = nil
	return "close fold"
}

// putTally tells of a tally that counts keys of its own alone.
func putTally(p *play) string {
	shard := int32(p.number(fuzzShards))
	told := naiveTally{version: p.at(), lastFold: int64(p.number(5))}
	for i, key := range allKeys() {
		if i%fuzzShards == int(shard) && p.number(2) == 1 {
			told.entries = append(told.entries, v1.Take{ProductID: key.ProductID, LocationID: key.LocationID, Quantity: p.units()})
		}
	}
	p.ledger.PutTally(shard, told.version, told.lastFold, told.entries)
	if before, known := p.naive.tallies[shard]; !known || (told.version > before.version && told.lastFold >= before.lastFold) {
		p.naive.tallies[shard] = told
	}
	return "put tally"
}

// takes are of up to three keys.
func (p *play) takes() []v1.Take {
	var all []v1.Take
	for _, key := range p.keys() {
		all = append(all, v1.Take{ProductID: key.ProductID, LocationID: key.LocationID, Quantity: 1 + min(p.units(), 1e9)})
	}
	return all
}
