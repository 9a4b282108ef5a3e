package ledger

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// stock is an item of product at location with units received, all sellable.
// Its UID and name are the two together.
func stock(product, location string, units int64) Item {
	name := product + "@" + location
	return Item{
		Key: Key{ProductID: product, LocationID: location},
		UID: types.UID(name), Name: name, CreatedAt: epoch,
		Declared: units, Sellable: units,
	}
}

// with changes an item.
func (item Item) with(change func(*Item)) Item {
	change(&item)
	return item
}

// stocked is a ledger with these items.
func stocked(items ...Item) *Ledger {
	l := New()
	for i, item := range items {
		l.PutItem(item, uint64(i+1))
	}
	return l
}

func line(product string, quantity int64) v1.ReservationItem {
	return v1.ReservationItem{ProductID: product, Quantity: quantity}
}

func lines(all ...v1.ReservationItem) []v1.ReservationItem { return all }

func from(location, product string, quantity int64) v1.Allocation {
	return v1.Allocation{LocationID: location, ProductID: product, Quantity: quantity}
}

func parts(all ...v1.Allocation) []v1.Allocation { return all }

func short(product string, requested, available int64) v1.UnavailableItem {
	return v1.UnavailableItem{ProductID: product, Requested: requested, Available: available}
}

func shortage(all ...v1.UnavailableItem) Answer { return Answer{Short: all} }

func uids(all ...types.UID) map[types.UID]struct{} {
	set := map[types.UID]struct{}{}
	for _, uid := range all {
		set[uid] = struct{}{}
	}
	return set
}
