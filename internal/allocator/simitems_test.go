package allocator_test

import (
	"github.com/acme/inventory-service/internal/stock"
)

// itemBook is a StockItem as the journal says.
type itemBook struct {
	stock.Item
	home uint64
}

type readerBook struct {
	position string
	home     uint64
}

// recordOfStock judges a record about StockItems, totals and readers.
func (b *books) recordOfStock(page uint64, record stock.Record) {
	switch r := record.(type) {
	case *stock.ItemRecord:
		b.item(page, r)
	case *stock.ItemGone:
		b.itemGone(r)
	case *stock.TotalRecord:
		k := b.key(stock.Allocation{Product: r.Product, Location: r.Location})
		if k.home == 0 || k.consumed != r.Consumed {
			b.failf("the total of %s at %s is %d, it was restated as %d", r.Product, r.Location, k.consumed, r.Consumed)
		}
		k.home = page
	case *stock.ReaderRecord:
		known := b.readers[r.Name]
		if r.At == 0 && (known == nil || known.position != r.Position) {
			b.failf("reader %s was restated at %q", r.Name, r.Position)
		}
		b.readers[r.Name] = &readerBook{r.Position, page}
	default:
		b.failf("nobody expects a record like %T", record)
	}
}

// item judges what is said of a StockItem: units are sold against what is shown.
func (b *books) item(page uint64, r *stock.ItemRecord) {
	i, known := b.items[r.UID]
	object := b.w.stock.byUID[r.UID]
	switch {
	case object == nil || b.gone[r.UID]:
		b.failf("the StockItem %s comes back, which is gone", r.UID)
	case r.At == 0: // restated
		if !known || i.Item != r.Item {
			b.failf("the StockItem %s was restated as something else", r.UID)
		}
	case !known:
		if b.claimed(stock.Key{Product: r.Product, Location: r.Location}) && r.Sellable > b.received(object, r) {
			b.failf("the StockItem %s sells %d, and nothing is shown", r.UID, r.Sellable)
		}
	case r.Generation == i.Generation: // its status was seen
		if r.Received != i.Received || r.Sellable > i.Sellable && object.observed < r.Generation {
			b.failf("the StockItem %s sells %d, its status shows generation %d", r.UID, r.Sellable, object.observed)
		}
		b.w.reach.Raised++
	default:
		if r.Generation < i.Generation || r.Sellable > min(i.Sellable, r.Received) {
			b.failf("the StockItem %s sells %d of generation %d, before %d of %d", r.UID, r.Sellable, r.Generation, i.Sellable, i.Generation)
		}
	}
	if r.Sellable > r.Received {
		b.failf("the StockItem %s sells more than it has received", r.UID)
	}
	b.items[r.UID] = &itemBook{r.Item, page}
	if k := b.key(stock.Allocation{Product: r.Product, Location: r.Location}); k.held+k.consumed > r.Received {
		b.w.reach.Shortfalls++
	}
}

// received is what a status shows that a StockItem has; one that was never taken in shows
// nothing.
func (b *books) received(object *stockObject, r *stock.ItemRecord) int64 {
	if object.observed >= r.Generation {
		return r.Received
	}
	return 0
}

// shown bounds what may be promised against a StockItem: what the journal says, and no
// more than its status shows if that is of a generation before.
func (b *books) shown(i *itemBook) int64 {
	return min(i.Received, i.Sellable)
}

// claimed tells whether anything is known of a place.
func (b *books) claimed(key stock.Key) bool {
	k := b.keys[key]
	return b.serving(key) != nil || k != nil && (k.held > 0 || k.home != 0)
}

// serving is the StockItem that counts at a place: the oldest.
func (b *books) serving(key stock.Key) *itemBook {
	var serving *itemBook
	for _, i := range b.items {
		if i.Product != key.Product || i.Location != key.Location {
			continue
		}
		if serving == nil || i.Created < serving.Created || i.Created == serving.Created && i.UID < serving.UID {
			serving = i
		}
	}
	return serving
}

func (b *books) itemGone(r *stock.ItemGone) {
	object := b.w.stock.byUID[r.UID]
	if b.items[r.UID] == nil || object == nil || !object.deleted {
		b.failf("the StockItem %s is said to be gone", r.UID)
	}
	delete(b.items, r.UID)
	b.gone[r.UID] = true
	b.w.reach.ItemsGone++
}
