package logbook

import (
	"slices"

	"github.com/acme/inventory-service/internal/stock"
)

// Filter chooses records. The zero value takes all.
type Filter struct {
	// From is the number of the first page; 0 is that on which the journal begins.
	From uint64
	// ID, if set, is a reservation's id, or the uid of its object.
	ID string
	// Item, if set, is the name of a StockItem, and Place what it has: records about either.
	Item  string
	Place stock.Key
}

func (f Filter) takes(record stock.Record) bool {
	switch {
	case f.ID != "":
		return concerns(record, stock.ID(f.ID))
	case f.Item != "":
		return f.concernsItem(record)
	default:
		return true
	}
}

// concerns tells whether a record is about a reservation.
func concerns(record stock.Record, id stock.ID) bool {
	is := func(r *stock.Reservation) bool {
		return r.ID == id || r.Object.UID == id || r.Replaces == id || r.ReplacedBy == id
	}
	switch r := record.(type) {
	case *stock.Reserved:
		return is(&r.Reservation)
	case *stock.Refused:
		return is(&r.Reservation)
	case *stock.Cart:
		return is(&r.Reservation)
	case *stock.Released:
		return r.Reservation == id || r.ReplacedBy == id
	case *stock.Consumed:
		return r.Reservation == id
	case *stock.Extended:
		return r.Reservation == id
	case *stock.Ordered:
		return r.Reservation == id
	case *stock.Shown:
		return r.Reservation == id || r.Object.UID == id
	default:
		return false
	}
}

// concernsItem tells whether a record is about a StockItem, or about units of its place. A
// refused cart is about all places of the products that it could not get.
func (f Filter) concernsItem(record stock.Record) bool {
	switch r := record.(type) {
	case *stock.ItemRecord:
		return r.Name == f.Item || r.Product == f.Place.Product && r.Location == f.Place.Location
	case *stock.ItemGone:
		return r.Name == f.Item
	case *stock.TotalRecord:
		return r.Product == f.Place.Product && r.Location == f.Place.Location
	case *stock.Reserved:
		return f.touched(r.Allocations)
	case *stock.Cart:
		return f.touched(r.Allocations) || f.lacked(r.Short)
	case *stock.Refused:
		return f.lacked(r.Short)
	case *stock.Released:
		return f.touched(r.Allocations)
	case *stock.Consumed:
		return f.touched(r.Allocations)
	default:
		return false
	}
}

func (f Filter) touched(allocations []stock.Allocation) bool {
	return slices.ContainsFunc(allocations, func(a stock.Allocation) bool {
		return a.Product == f.Place.Product && a.Location == f.Place.Location
	})
}

func (f Filter) lacked(short []stock.Shortage) bool {
	return slices.ContainsFunc(short, func(s stock.Shortage) bool { return s.Product == f.Place.Product })
}
