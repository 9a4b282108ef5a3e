package ledger

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// observation is one thing that a Ledger is told.
type observation struct {
	item        *Item
	uid         types.UID
	version     uint64
	allocations []v1.Allocation
	// gone: the item (of uid) was deleted. ended: the Reservation is final.
	gone, ended bool
	// journaled: the hold was decided; withdrawn: it was taken back.
	journaled, withdrawn bool
}

func (o observation) tell(l *Ledger) {
	switch {
	case o.item != nil:
		l.PutItem(*o.item, o.version)
	case o.gone:
		l.DropItem(o.uid)
	case o.ended:
		l.End(o.uid)
	case o.journaled:
		l.Journal(o.uid, o.allocations)
	case o.withdrawn:
		l.Withdraw(o.uid)
	default:
		l.Commit(o.uid, o.version, o.allocations, 0)
	}
}

// model knows nothing but all that was ever told, and computes everything from
// that, each time from the beginning.
type model struct{ history []observation }

// items are the items that exist, by key, in order of precedence.
func (m *model) items() map[Key][]Item {
	latest := map[types.UID]observation{}
	gone := map[types.UID]bool{}
	for _, o := range m.history {
		if o.gone {
			gone[o.uid] = true
		}
		if o.item != nil && o.version > latest[o.item.UID].version {
			latest[o.item.UID] = o
		}
	}
	found := map[Key][]Item{}
	for uid, o := range latest {
		if !gone[uid] {
			found[o.item.Key] = append(found[o.item.Key], *o.item)
		}
	}
	for _, items := range found {
		slices.SortFunc(items, func(a, b Item) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(string(a.UID), string(b.UID)))
		})
	}
	return found
}

func (m *model) reserved() map[Key]int64 {
	latest := map[types.UID]observation{}
	for _, o := range m.history {
		known, held := latest[o.uid]
		switch {
		case o.item != nil, o.gone, known.ended:
		case o.journaled:
			if !held {
				latest[o.uid] = o
			}
		case o.withdrawn:
			if known.journaled {
				delete(latest, o.uid)
			}
		case o.ended, o.version > known.version:
			latest[o.uid] = o
		}
	}
	sums := map[Key]int64{}
	for _, o := range latest {
		if o.ended {
			continue
		}
		for _, a := range o.allocations {
			sums[Key{ProductID: a.ProductID, LocationID: a.LocationID}] += a.Quantity
		}
	}
	return sums
}

// figures are everything that a Ledger says, for comparing whole.
type figures struct {
	Totals    Totals
	Positions map[types.UID]Position
	Levels    map[string][2]int64
	Answers   []Answer
}

func (m *model) figures() figures {
	f := figures{Positions: map[types.UID]Position{}, Levels: map[string][2]int64{}}
	reserved := m.reserved()
	for key, items := range m.items() {
		serving := items[0]
		available := int64(0)
		if !serving.Suspended {
			available = max(0, serving.Declared-reserved[key]-serving.SafetyStock)
		}
		f.Totals.Items++
		f.Totals.OnHand += serving.Declared
		f.Totals.Available += available
		for _, other := range items[1:] {
			f.Positions[other.UID] = Position{ServingName: serving.Name}
		}
		f.Positions[serving.UID] = Position{
			Serving: true, ServingName: serving.Name, Reserved: reserved[key], Available: available,
			Shortfall: max(0, reserved[key]-serving.Declared),
		}
		// In the property tests everything declared is sellable.
		level := f.Levels[key.ProductID]
		f.Levels[key.ProductID] = [2]int64{level[0] + available, level[1]}
	}
	items := m.items()
	for key, units := range reserved {
		f.Totals.Reserved += units
		if len(items[key]) == 0 {
			f.Totals.WithoutItem += units
		}
		level := f.Levels[key.ProductID]
		f.Levels[key.ProductID] = [2]int64{level[0], level[1] + units}
	}
	return f
}

// asked are the figures of a Ledger about some items and products, and what
// some carts would get.
func asked(l *Ledger, items []types.UID, products []string, carts [][]v1.ReservationItem) figures {
	f := figures{Totals: l.Totals(), Positions: map[types.UID]Position{}, Levels: map[string][2]int64{}}
	for _, uid := range items {
		if p, known := l.Position(uid); known {
			f.Positions[uid] = p
		}
	}
	for _, product := range products {
		if available, reserved, known := l.Level(product); known {
			f.Levels[product] = [2]int64{available, reserved}
		}
	}
	for _, cart := range carts {
		f.Answers = append(f.Answers, l.Allocate(cart))
	}
	return f
}
