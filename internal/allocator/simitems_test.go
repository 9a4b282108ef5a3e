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
	if r, ok := record.(*stock.ItemRecord); b.resets != "" && (!ok || r.UID != b.resets || r.Sellable != 0) {
		b.failf("the StockItem %s takes over with units to sell", b.resets)
	}
	b.resets = ""
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
	case r.Waits != i.Waits:
		b.begun(i, r)
	case r.Generation == i.Generation && r.TakesOver != i.TakesOver:
		if r.Received != i.Received || r.Sellable > i.Sellable {
			b.failf("the StockItem %s sells %d after an annotation, before %d", r.UID, r.Sellable, i.Sellable)
		}
	case r.Generation == i.Generation && r.Sellable > i.Sellable: // its status was seen
		if r.Received != i.Received || object.observed < r.Generation || !object.serves {
			b.failf("the StockItem %s sells %d, its status shows generation %d, that it serves: %t", r.UID, r.Sellable, object.observed, object.serves)
		}
		b.w.reach.Raised++
	case r.Generation == i.Generation: // it serves, or another does, once one is gone
		if r.Received != i.Received || r.Sellable != 0 {
			b.failf("the StockItem %s sells %d, before %d", r.UID, r.Sellable, i.Sellable)
		}
	default:
		if r.Generation < i.Generation || r.Sellable > min(i.Sellable, r.Offered()) {
			b.failf("the StockItem %s sells %d of generation %d, before %d of %d", r.UID, r.Sellable, r.Generation, i.Sellable, i.Generation)
		}
	}
	if r.Sellable > r.Offered() {
		b.failf("the StockItem %s sells more than it has received", r.UID)
	}
	b.items[r.UID] = &itemBook{r.Item, page}
	if k := b.key(stock.Allocation{Product: r.Product, Location: r.Location}); k.held+k.consumed > r.Offered() {
		b.w.reach.Shortfalls++
	}
}

// begun judges that a StockItem begins to wait, which it does where the one that serves is
// no more, or to serve, which somebody has to say.
func (b *books) begun(i *itemBook, r *stock.ItemRecord) {
	serving := b.serving(stock.Key{Product: r.Product, Location: r.Location})
	switch {
	case r.Sellable != 0:
		b.failf("the StockItem %s sells %d as it begins: waits %t", r.UID, r.Sellable, r.Waits)
	case r.Waits && (serving == nil || serving.UID == r.UID || !b.w.stock.byUID[serving.UID].deleted):
		b.failf("the StockItem %s waits, and none that serves is gone", r.UID)
	case r.Waits:
		b.w.reach.Waiting++
	case serving != nil || !r.TakesOver && r.Generation == i.Generation:
		b.failf("the StockItem %s takes over, and nobody said so or another serves", r.UID)
	default:
		b.w.reach.TakenOver++
	}
}

// received is what a status shows that a StockItem has; one that was never taken in shows
// nothing.
func (b *books) received(object *stockObject, r *stock.ItemRecord) int64 {
	if object.observed >= r.Generation {
		return r.Offered()
	}
	return 0
}

// shown bounds what may be promised against a StockItem: what the journal says, and no
// more than its status shows if that is of a generation before.
func (b *books) shown(i *itemBook) int64 {
	return min(i.Offered(), i.Sellable)
}

// claimed tells whether anything is known of a place.
func (b *books) claimed(key stock.Key) bool {
	for _, i := range b.items {
		if i.Product == key.Product && i.Location == key.Location {
			return true
		}
	}
	k := b.keys[key]
	return k != nil && (k.held > 0 || k.home != 0)
}

// serving is the StockItem that counts at a place: the oldest of those that do not wait.
func (b *books) serving(key stock.Key) *itemBook {
	var serving *itemBook
	for _, i := range b.items {
		if i.Product != key.Product || i.Location != key.Location || i.Waits {
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
	b.heir(b.items[r.UID])
	delete(b.items, r.UID)
	b.gone[r.UID] = true
	b.w.reach.ItemsGone++
}

// heir judges who serves after a StockItem that is gone.
func (b *books) heir(gone *itemBook) {
	if gone == nil {
		return
	}
	key := stock.Key{Product: gone.Product, Location: gone.Location}
	if b.serving(key) != gone {
		return
	}
	delete(b.items, gone.UID)
	switch heir := b.serving(key); {
	case heir == nil:
	case !heir.TakesOver && heir.Name != gone.Name:
		b.failf("the StockItem %s serves after %s, and nobody said so", heir.UID, gone.UID)
	default:
		b.w.reach.TakenOver++
		if heir.Sellable != 0 {
			b.resets = heir.UID
		}
	}
}
