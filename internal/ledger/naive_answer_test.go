package ledger

import (
	"cmp"
	"slices"
	"strings"

	v1 "github.com/acme/inventory-service/api/v1"
)

// answer is what a cart gets that names no product twice, so that its lines have
// nothing to do with each other.
func (n *naive) answer(cart []v1.ReservationItem) Answer {
	var got Answer
	wait := true
	for _, line := range cart {
		parts, there := n.serve(line, naiveSellable)
		if parts != nil {
			got.Allocations = append(got.Allocations, parts...)
			continue
		}
		got.Short = append(got.Short, v1.UnavailableItem{ProductID: line.ProductID, Requested: line.Quantity, Available: there})
		later, _ := n.serve(line, naiveDeclared)
		wait = wait && later != nil
	}
	switch {
	case len(got.Short) == 0:
		return got
	case wait:
		return Answer{Wait: true}
	default:
		return Answer{Short: got.Short}
	}
}

// serve takes a line from the first place that has all of it, else from several;
// there is how many units there are in all.
func (n *naive) serve(line v1.ReservationItem, received func(Item) int64) (parts []v1.Allocation, there int64) {
	places := n.places(line.ProductID)
	for _, key := range places {
		there += n.available(key, received)
	}
	for _, key := range places {
		if n.available(key, received) >= line.Quantity {
			return []v1.Allocation{from(key.LocationID, key.ProductID, line.Quantity)}, there
		}
	}
	if there < line.Quantity {
		return nil, there
	}
	missing := line.Quantity
	for _, key := range places {
		if part := min(missing, n.available(key, received)); part > 0 {
			parts = append(parts, from(key.LocationID, key.ProductID, part))
			missing -= part
		}
	}
	return parts, there
}

// places are those of a product: the highest priority first, then by name.
func (n *naive) places(product string) []Key {
	var keys []Key
	for _, location := range locations {
		keys = append(keys, Key{ProductID: product, LocationID: location})
	}
	priority := func(key Key) int32 {
		if items := n.at(key); len(items) > 0 {
			return items[0].Priority
		}
		return 0
	}
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(cmp.Compare(priority(b), priority(a)), strings.Compare(a.LocationID, b.LocationID))
	})
	return keys
}
