package ledger

import v1 "github.com/acme/inventory-service/api/v1"

// Answer is what a cart gets. Exactly one of its three forms holds: all lines
// are allocated, or Wait is set, or some lines are Short.
type Answer struct {
	// Allocations cover every line in full.
	Allocations []v1.Allocation
	// Short are the lines that cannot be served, with what is available.
	Short []v1.UnavailableItem
	// Wait says that the cart could be served if declared units were sellable
	// already: ask again once they are.
	Wait bool
}

// Allocate says what a cart would get now, without changing anything. A line
// is served from one location if any can serve it whole, the first in order;
// else it is split over the locations in order. Order is by priority, highest
// first, then by location name.
func (l *Ledger) Allocate(lines []v1.ReservationItem) Answer { return l.allocate(lines, l.split) }

// AllocateWhole is Allocate without splitting any line over locations.
func (l *Ledger) AllocateWhole(lines []v1.ReservationItem) Answer { return l.allocate(lines, l.whole) }

func (l *Ledger) allocate(lines []v1.ReservationItem, take taker) Answer {
	var answer Answer
	wait := true
	for _, line := range lines {
		parts, available := take(line, sellable)
		if available < line.Quantity {
			answer.Short = append(answer.Short, v1.UnavailableItem{
				ProductID: line.ProductID, Requested: line.Quantity, Available: available,
			})
			_, soon := take(line, declared)
			wait = wait && soon >= line.Quantity
			continue
		}
		answer.Allocations = append(answer.Allocations, parts...)
		// What this line takes is not there for a later line of the same cart.
		l.set(parts, 1)
	}
	l.set(answer.Allocations, -1)
	switch {
	case len(answer.Short) == 0:
		return answer
	case wait:
		return Answer{Wait: true}
	default:
		return Answer{Short: answer.Short}
	}
}

// taker finds the units for one line among the received ones. If available is
// below the line's quantity there are no parts.
type taker func(line v1.ReservationItem, received func(*Item) int64) (parts []v1.Allocation, available int64)

// whole takes a line from the first location that can serve all of it.
func (l *Ledger) whole(line v1.ReservationItem, received func(*Item) int64) (parts []v1.Allocation, available int64) {
	for _, s := range l.products[line.ProductID] {
		left := s.available(received)
		if left >= line.Quantity {
			return []v1.Allocation{s.allocation(line.Quantity)}, left
		}
		available = max(available, left)
	}
	return nil, available
}

// split takes a line from one location if it can, else from several.
func (l *Ledger) split(line v1.ReservationItem, received func(*Item) int64) (parts []v1.Allocation, available int64) {
	if parts, available = l.whole(line, received); parts != nil {
		return parts, available
	}
	if available = l.sum(line.ProductID, received); available < line.Quantity {
		return nil, available
	}
	missing := line.Quantity
	for _, s := range l.products[line.ProductID] {
		part := min(missing, s.available(received))
		if part == 0 {
			continue
		}
		parts = append(parts, s.allocation(part))
		if missing -= part; missing == 0 {
			break
		}
	}
	return parts, available
}

func (l *Ledger) sum(productID string, received func(*Item) int64) int64 {
	var sum int64
	for _, s := range l.products[productID] {
		sum += s.available(received)
	}
	return sum
}

// set moves reserved units without counting them: allocate undoes it at once.
func (l *Ledger) set(parts []v1.Allocation, sign int64) {
	for _, part := range parts {
		l.shelves[Key{ProductID: part.ProductID, LocationID: part.LocationID}].reserved += sign * part.Quantity
	}
}

func (s *shelf) allocation(quantity int64) v1.Allocation {
	return v1.Allocation{LocationID: s.key.LocationID, ProductID: s.key.ProductID, Quantity: quantity}
}
