package stock

// offer is what a cart gets. One of its three forms holds: all lines are allocated, or wait
// is set, or some lines are short.
type offer struct {
	allocations []Allocation
	short       []Shortage
	// wait says that the cart could be served if what the StockItems declare was
	// sellable already.
	wait bool
}

// allocate says what a cart would get now. A line is served from one location if any can
// serve it whole, the first in order; else it is split over the locations in order, unless
// whole says not to. Order is by priority, highest first, then by location name.
func (s *State) allocate(lines []Line, whole bool) offer {
	take := s.takeSplit
	if whole {
		take = s.takeWhole
	}
	var o offer
	wait := true
	for _, line := range lines {
		parts, available := take(line, sellable)
		if available < line.Quantity {
			o.short = append(o.short, Shortage{Product: line.Product, Requested: line.Quantity, Available: available})
			_, soon := take(line, offered)
			wait = wait && soon >= line.Quantity
			continue
		}
		o.allocations = append(o.allocations, parts...)
		// What this line takes is not there for a later line of the same product.
		s.lend(parts, 1)
	}
	s.lend(o.allocations, -1)
	switch {
	case len(o.short) == 0:
		return o
	case wait:
		return offer{wait: true}
	default:
		return offer{short: o.short}
	}
}

// lend moves reserved units without counting them: allocate undoes it at once.
func (s *State) lend(parts []Allocation, sign int64) {
	for _, part := range parts {
		s.stocks[Key{Product: part.Product, Location: part.Location}].reserved += sign * part.Quantity
	}
}

// takeWhole takes a line from the first location that can serve all of it. If available is
// below the line's quantity there are no parts.
func (s *State) takeWhole(line Line, units measure) (parts []Allocation, available int64) {
	for _, l := range s.products[line.Product] {
		left := l.available(units)
		if left >= line.Quantity {
			return []Allocation{l.allocation(line.Quantity)}, left
		}
		available = max(available, left)
	}
	return nil, available
}

// takeSplit takes a line from one location if it can, else from several.
func (s *State) takeSplit(line Line, units measure) (parts []Allocation, available int64) {
	if parts, available = s.takeWhole(line, units); parts != nil {
		return parts, available
	}
	available = 0
	for _, l := range s.products[line.Product] {
		available = addUnits(available, l.available(units))
	}
	if available < line.Quantity {
		return nil, available
	}
	missing := line.Quantity
	for _, l := range s.products[line.Product] {
		part := min(missing, l.available(units))
		if part == 0 {
			continue
		}
		parts = append(parts, l.allocation(part))
		if missing -= part; missing == 0 {
			break
		}
	}
	return parts, available
}

func (l *locationStock) allocation(quantity int64) Allocation {
	return Allocation{Product: l.key.Product, Location: l.key.Location, Quantity: quantity}
}
