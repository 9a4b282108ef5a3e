package project

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Book knows the stock as far as it is archived. Of carts that have ended it may know less than
// the journal: what is said of such a one later becomes an Amendment.
type Book struct {
	state *stock.State
	// at is the time of the newest record.
	at stock.Time
}

// NewBook returns the Book of a database in which nothing is archived.
func NewBook() *Book { return &Book{state: stock.New()} }

// Saved is what a Book has to know of a database that has rows.
type Saved struct {
	// Page is that of the position, Head the first that counted then.
	Page, Head uint64
	Marks      stock.Marks
	Items      []stock.Item
	Totals     []stock.Total
	// Carts are those that hold units, or whose outcome was not delivered.
	Carts []stock.Reservation
}

// OpenBook returns the Book of a database that has rows.
func OpenBook(saved Saved) (*Book, error) {
	b := NewBook()
	var records [][]byte
	add := func(record stock.Record) error {
		encoded, err := stock.Encode(record)
		if err != nil {
			return fmt.Errorf("restate what the database says: %w", err)
		}
		records = append(records, encoded)
		return nil
	}
	for i := range saved.Items {
		if err := add(&stock.ItemRecord{Item: saved.Items[i]}); err != nil {
			return nil, err
		}
	}
	for i := range saved.Totals {
		if err := add(&stock.TotalRecord{Total: saved.Totals[i]}); err != nil {
			return nil, err
		}
	}
	for i := range saved.Carts {
		if err := add(&stock.Cart{Reservation: saved.Carts[i]}); err != nil {
			return nil, err
		}
	}
	write := &stock.Write{Page: saved.Page, Head: saved.Head, Marks: saved.Marks, Records: records}
	if err := b.state.Apply(write); err != nil {
		return nil, fmt.Errorf("restate what the database says: %w", err)
	}
	b.at = saved.Marks.At
	return b, nil
}

// State is what is archived. Nobody may change it.
func (b *Book) State() *stock.State { return b.state }

// At is when the newest record was decided.
func (b *Book) At() stock.Time { return b.at }

// Take takes in what the journal says next. Where it fails, the Book is of no use any more.
func (b *Book) Take(pages []journal.Applied) (Rows, error) {
	t := taking{
		Book: b, touched: map[stock.ID]*Reservation{}, items: map[stock.ID]Item{},
		locations: map[stock.Key]stock.Time{}, products: map[stock.ID]stock.Time{},
	}
	for i := range pages {
		if err := t.page(&pages[i]); err != nil {
			return Rows{}, err
		}
	}
	return t.finish(), nil
}

// Replay returns the State of a whole listing.
func Replay(pages []journal.Applied) (*Book, error) {
	b := NewBook()
	for i := range pages {
		p := &pages[i]
		marks, err := stock.ParseMarks(p.Marks)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", p.Page, err)
		}
		write := &stock.Write{Page: p.Page, Head: p.Head, Marks: marks, Records: p.Records, Stored: p.Stored}
		if err := b.state.Apply(write); err != nil {
			return nil, err
		}
		b.at = max(b.at, marks.At)
	}
	return b, nil
}

// Restate returns all that is known, as rows of a place: carts, items, locations and products.
// Movements are not among it: they are the difference to what the database has.
func (b *Book) Restate(at Place) Rows {
	var rows Rows
	for r := range b.state.Reservations() {
		row := Reservation{Reservation: r, Place: at, New: true}
		for _, a := range r.Allocations {
			if a.Released > 0 {
				row.ReleasedAt = cmp.Or(r.Ended, b.at)
			}
			if a.Consumed > 0 {
				row.ConsumedAt = cmp.Or(r.Ended, b.at)
			}
		}
		rows.Reservations = append(rows.Reservations, row)
		if r.Number <= b.state.Marks().Published {
			rows.Delivered = append(rows.Delivered, delivered(r, b.at))
		}
	}
	slices.SortFunc(rows.Reservations, func(x, y Reservation) int { return cmp.Compare(x.Number, y.Number) })
	for i := range b.state.Items() {
		rows.Items = append(rows.Items, Item{Item: i})
	}
	products := map[stock.ID]bool{}
	for key := range b.state.Keys() {
		rows.Locations = append(rows.Locations, Location{Key: key, Balance: b.state.Balance(key), At: b.at})
		products[key.Product] = true
	}
	for id := range products {
		rows.Products = append(rows.Products, b.product(id, b.at))
	}
	rows.sort()
	return rows
}

func (b *Book) product(id stock.ID, at stock.Time) Product {
	p := Product{ID: id, At: at}
	p.Available, p.Reserved, _ = b.state.Level(id)
	return p
}

// delivered is the event of an outcome.
func delivered(r *stock.Reservation, at stock.Time) Delivered {
	suffix := ".reserved"
	if r.Phase == stock.PhaseRefused {
		suffix = ".unavailable"
	}
	return Delivered{Event: string(r.Outcome) + suffix, Reservation: r.ID, Decided: r.At, At: at}
}

// sort puts rows in one order, so that two writers never wait for each other in a circle.
func (r *Rows) sort() {
	slices.SortFunc(r.Items, func(a, b Item) int { return cmp.Compare(a.UID, b.UID) })
	slices.SortFunc(r.Locations, func(a, b Location) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Location, b.Location))
	})
	slices.SortFunc(r.Products, func(a, b Product) int { return cmp.Compare(a.ID, b.ID) })
}

// keysOf are the locations that a cart has to do with.
func keysOf(keys map[stock.Key]bool, allocations []stock.Allocation) {
	for _, a := range allocations {
		keys[stock.Key{Product: a.Product, Location: a.Location}] = true
	}
}

func sortedKeys(keys map[stock.Key]bool) []stock.Key {
	return slices.SortedFunc(maps.Keys(keys), func(a, b stock.Key) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Location, b.Location))
	})
}
