package ledger

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// naive remembers what it was told last of everything and adds up every figure
// from that, each time from the beginning. Nothing in it is kept up to date.
type naive struct {
	items     map[types.UID]itemRecord
	holds     map[types.UID]hold
	tallies   map[int32]naiveTally
	fold      *naiveFold
	itemFloor uint64
	holdFloor uint64
	// gone is the number of turns of Forget that had passed when an object ended.
	gone  map[types.UID]int
	turns int
}

type naiveTally struct {
	version  uint64
	lastFold int64
	entries  []v1.Take
}

// naiveFold keeps what it was given as a list.
type naiveFold struct {
	id     int64
	units  []v1.FoldUnits
	takes  map[types.UID][]v1.Take
	unsaid []v1.Take
}

func newNaive() *naive {
	return &naive{
		items: map[types.UID]itemRecord{}, holds: map[types.UID]hold{},
		tallies: map[int32]naiveTally{}, gone: map[types.UID]int{},
	}
}

func (n *naive) ended(uid types.UID) bool {
	turn, gone := n.gone[uid]
	return gone && n.turns-turn <= 1
}

func (n *naive) end(uid types.UID) {
	n.gone[uid] = n.turns
	delete(n.items, uid)
	delete(n.holds, uid)
}

// at are the items of a key, the serving one first.
func (n *naive) at(key Key) []Item {
	var found []Item
	for _, record := range n.items {
		if record.Key == key {
			found = append(found, record.Item)
		}
	}
	slices.SortFunc(found, func(a, b Item) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(string(a.UID), string(b.UID)))
	})
	return found
}

// left is what a Reservation holds of a key: what its version says less what the
// open fold takes that this version does not show.
func (n *naive) left(uid types.UID, key Key) int64 {
	var units int64
	h := n.holds[uid]
	for _, a := range h.allocations {
		if (Key{a.ProductID, a.LocationID}) == key {
			units += a.Quantity - a.Consumed - a.Released
			if n.fold != nil && h.foldID < n.fold.id {
				units -= taken(n.fold.takes[uid], key)
			}
		}
	}
	return units
}

func taken(takes []v1.Take, key Key) (units int64) {
	for _, t := range takes {
		if (Key{t.ProductID, t.LocationID}) == key {
			units += t.Quantity
		}
	}
	return units
}

func (n *naive) reserved(key Key) (units int64) {
	for uid := range n.holds {
		units += n.left(uid, key)
	}
	return units
}

// consumed is what the tallies count, and what the open fold takes that its tally
// does not count yet.
func (n *naive) consumed(key Key) (units int64) {
	for _, t := range n.tallies {
		units += taken(t.entries, key)
	}
	if n.fold != nil {
		for _, u := range n.fold.units {
			if (Key{u.ProductID, u.LocationID}) == key && n.tallies[u.Shard].lastFold < n.fold.id {
				units += u.Quantity
			}
		}
	}
	return units
}

func (n *naive) available(key Key, received func(Item) int64) int64 {
	items := n.at(key)
	if len(items) == 0 || items[0].Suspended {
		return 0
	}
	return max(0, received(items[0])-n.consumed(key)-n.reserved(key)-items[0].SafetyStock)
}

func naiveDeclared(item Item) int64 { return item.Declared }
func naiveSellable(item Item) int64 { return item.Sellable }

// keys are all that there can be.
func allKeys() (keys []Key) {
	for _, product := range products {
		for _, location := range locations {
			keys = append(keys, Key{ProductID: product, LocationID: location})
		}
	}
	return keys
}

func (n *naive) figures(carts [][]v1.ReservationItem) figures {
	f := figures{Positions: map[types.UID]Position{}, Levels: map[string][2]int64{}}
	for _, key := range allKeys() {
		items, reserved, consumed := n.at(key), n.reserved(key), n.consumed(key)
		f.Totals.Reserved += reserved
		f.Totals.Consumed += consumed
		if len(items) == 0 {
			f.Totals.WithoutItem += reserved
		} else {
			f.Totals.Items++
			f.Totals.OnHand += items[0].Declared - consumed
			f.Totals.Available += n.available(key, naiveDeclared)
		}
		for i, item := range items {
			f.Positions[item.UID] = Position{ServingName: items[0].Name}
			if i == 0 {
				f.Positions[item.UID] = n.position(item)
			}
		}
		if level, known := f.Levels[key.ProductID]; known || len(items) > 0 || reserved != 0 {
			f.Levels[key.ProductID] = level
		}
	}
	for product := range f.Levels {
		var level [2]int64
		for _, location := range locations {
			key := Key{ProductID: product, LocationID: location}
			level[0] += n.available(key, naiveSellable)
			level[1] += n.reserved(key)
		}
		f.Levels[product] = level
	}
	for _, cart := range carts {
		f.Answers = append(f.Answers, n.answer(cart))
	}
	return f
}

func (n *naive) position(item Item) Position {
	var unsaid int64
	if n.fold != nil {
		unsaid = taken(n.fold.unsaid, item.Key)
	}
	reserved, consumed := n.reserved(item.Key), n.consumed(item.Key)
	return Position{
		Serving: true, ServingName: item.Name,
		Consumed: consumed - unsaid, Reserved: reserved + unsaid,
		Available: n.available(item.Key, naiveDeclared),
		Shortfall: max(0, reserved+consumed-item.Declared),
	}
}
