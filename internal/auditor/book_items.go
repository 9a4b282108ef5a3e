package auditor

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/acme/inventory-service/internal/stock"
)

// item is a StockItem as the records say it stands.
type item struct {
	stock.Item
	home    uint64
	changed place
	seen    bool
}

// locationStock is all that is known of a product at a location. It stays when it is empty, since
// where it changed still counts.
type locationStock struct {
	// items claim it, the first that does not wait serves.
	items    []stock.ID
	reserved int64
	// consumed is what was ever shipped, once counted says that a total was stated.
	consumed int64
	counted  bool
	home     uint64
	// changed is where the units changed last, turned where another item began to serve.
	changed, turned place
}

func (b *Book) stockAt(key stock.Key) *locationStock {
	s, known := b.stocks[key]
	if !known {
		s = &locationStock{changed: b.began, turned: b.began}
		b.stocks[key] = s
	}
	return s
}

func (i *item) key() stock.Key { return stock.Key{Product: i.Product, Location: i.Location} }

// serving is the StockItem whose units are sold, nil if there is none.
func (b *Book) serving(s *locationStock) *item {
	for _, uid := range s.items {
		if i := b.items[uid]; !i.Waits {
			return i
		}
	}
	return nil
}

// putItem takes in a StockItem. Compaction restates it, without a time.
func (b *Book) putItem(r *stock.ItemRecord) {
	restated := r.At == 0
	known := b.items[r.UID]
	changed := b.at
	switch {
	case known != nil && r.Version < known.Version:
		return
	case known != nil && restated && known.Item == r.Item:
		changed = known.changed
	case known != nil && restated:
		b.contradict(KindJournal, "StockItem "+r.Name, "content", "as it was before it was restated", "another")
	case restated:
		changed = b.stated(r.UID)
	case known != nil && known.shows(r.Item):
		changed = known.changed
	}
	served := b.serving(b.stockAt(stock.Key{Product: r.Product, Location: r.Location}))
	if known != nil {
		if !restated {
			b.judgeBegun(&known.Item, &r.Item, served)
		}
		b.removeItem(r.UID)
	}
	i := &item{Item: r.Item, home: b.at.page, changed: changed, seen: known != nil && known.seen}
	b.items[r.UID] = i
	s := b.stockAt(i.key())
	s.items = append(s.items, r.UID)
	slices.SortFunc(s.items, func(x, y stock.ID) int {
		return cmp.Or(cmp.Compare(b.items[x].Created, b.items[y].Created), cmp.Compare(x, y))
	})
	if (changed == b.at || !restated) && !same(served, b.serving(s)) {
		s.turned = b.at
	}
}

// same tells whether two are one StockItem, or both none.
func same(a, b *item) bool { return a == b || a != nil && b != nil && a.UID == b.UID }

// shows tells whether the status of a StockItem stays the same when it is stated anew, but
// for who serves: what of it may be sold, for one, no status says.
func (i *item) shows(stated stock.Item) bool {
	stated.Sellable, stated.Version, stated.Priority = i.Sellable, i.Version, i.Priority
	stated.TakesOver, stated.Waits = i.TakesOver, i.Waits
	return stated == i.Item
}

func (b *Book) dropItem(r *stock.ItemGone) {
	known := b.items[r.UID]
	if known == nil {
		b.goneUnknown = b.at
		return
	}
	if r.Version < known.Version {
		return
	}
	s := b.stockAt(known.key())
	served := b.serving(s) == known
	b.removeItem(r.UID)
	if served {
		s.turned = b.at
		b.judgeHeir(known, b.serving(s))
	}
}

func (b *Book) removeItem(uid stock.ID) {
	s := b.stockAt(b.items[uid].key())
	s.items = slices.DeleteFunc(s.items, func(other stock.ID) bool { return other == uid })
	delete(b.items, uid)
}

// refusals takes in how many carts StockItems have refused.
func (b *Book) refusals(counts []stock.RefusedCount) {
	for _, count := range counts {
		if known := b.items[count.Item]; known != nil {
			known.Refused, known.changed = count.Refused, b.at
			continue
		}
		b.changedUnstated[count.Item] = b.at
	}
}

// total takes in how many units were ever shipped from a place. shipped are those of the
// change that states it, where the cart is known: no unit may come from elsewhere.
func (b *Book) total(t stock.Total, shipped map[stock.Key]int64) {
	key := stock.Key{Product: t.Product, Location: t.Location}
	s := b.stockAt(key)
	if s.counted && t.Consumed < s.consumed {
		b.contradict(KindJournal, describe(key), "units ever shipped", fmt.Sprintf("%d or more", s.consumed), fmt.Sprint(t.Consumed))
		return
	}
	if want := s.consumed + shipped[key]; shipped != nil && (s.counted || b.complete) && t.Consumed != want {
		b.contradict(KindJournal, describe(key), "units ever shipped", fmt.Sprint(want), fmt.Sprint(t.Consumed))
	}
	if shipped != nil || b.restore == stock.RestoreBegun || s.counted && t.Consumed != s.consumed {
		s.changed = b.at
	}
	s.consumed, s.counted, s.home = t.Consumed, true, b.at.page
}

// figures are where a StockItem stands, and where any of it changed last.
func (b *Book) figures(uid stock.ID) (stock.ItemFigures, place) {
	i := b.items[uid]
	s := b.stockAt(i.key())
	changed := latest(i.changed, s.turned, b.goneUnknown)
	switch serving := b.serving(s); serving {
	case i:
	case nil:
		return stock.ItemFigures{Waits: true, Refused: i.Refused}, changed
	default:
		return stock.ItemFigures{ServingName: serving.Name, Refused: i.Refused}, changed
	}
	changed = latest(changed, s.changed, b.withheld)
	onHand := i.Received - s.consumed
	p := stock.ItemFigures{
		Serving: true, ServingName: i.Name, OnHand: max(0, onHand), Reserved: s.reserved, Consumed: s.consumed, Refused: i.Refused,
	}
	p.HeldBack = b.holdsBack()
	switch {
	case p.HeldBack && i.Untracked:
	case i.Untracked && !i.Suspended:
		p.Available = stock.UntrackedUnits
	case !i.Untracked:
		p.Shortfall = max(0, s.reserved-onHand)
		if !i.Suspended && !p.HeldBack {
			p.Available = max(0, onHand-s.reserved-i.SafetyStock)
		}
	}
	return p, changed
}

// totals are the sums over the namespace.
func (b *Book) totals() stock.Totals {
	var t stock.Totals
	for _, s := range b.stocks {
		t.Reserved += s.reserved
		t.Consumed += s.consumed
		serving := b.serving(s)
		if serving == nil {
			t.WithoutItem += s.reserved
			continue
		}
		p, _ := b.figures(serving.UID)
		t.Items++
		if serving.Untracked {
			continue
		}
		t.OnHand += p.OnHand
		t.Available += p.Available
	}
	return t
}

// undelivered is the number of outcomes above a mark.
func (b *Book) undelivered(published uint64) (n int64) {
	for _, c := range b.carts {
		if c.number > published {
			n++
		}
	}
	return n
}
