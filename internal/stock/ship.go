package stock

import "slices"

// ship works out what a Consume ships, each part from its own place as far as that holds
// units, else from those free there. It tells whether that changes anything.
func (d *draft) ship(h *holdChange, request Consume) (changed bool, verdict Verdict) {
	if len(request.Parts) == 0 {
		h.shipAll()
		return true, Done
	}
	changed = h.raise(request.Parts, ship)
	for _, part := range request.Parts {
		missing := part.Quantity - sumOf(h.Allocations, part, ship)
		if missing > 0 && part.Location != "" {
			taken := h.takeHeld(part.Product, missing)
			if taken > d.state.free(Key{Product: part.Product, Location: part.Location}) {
				return false, NotThere
			}
			h.shipAt(part.Product, part.Location, taken)
			missing, changed = missing-taken, changed || taken > 0
		}
		if missing > 0 && request.Exact {
			return false, TooMany
		}
	}
	return changed, Done
}

// takeHeld takes up to so many units of a product out of what is held, from back to front:
// what a cart gets first it keeps longest. It returns how many it took.
func (h *holdChange) takeHeld(product ID, units int64) (taken int64) {
	for i := len(h.Allocations) - 1; i >= 0 && taken < units; i-- {
		a := &h.Allocations[i]
		if a.Product == product {
			some := min(units-taken, a.Held())
			a.Quantity -= some
			taken += some
		}
	}
	h.Allocations = slices.DeleteFunc(h.Allocations, func(a Allocation) bool { return a.Quantity == 0 })
	return taken
}

// shipAt adds units that are shipped at once from a place.
func (h *holdChange) shipAt(product ID, location string, units int64) {
	if units == 0 {
		return
	}
	part := Part{Product: product, Location: location}
	if i := slices.IndexFunc(h.Allocations, func(a Allocation) bool { return part.concerns(&a) }); i >= 0 {
		h.Allocations[i].Quantity += units
		h.Allocations[i].Consumed += units
		return
	}
	// Behind the others of its product, so that allocations stay in the order of the lines.
	last := 0
	for i, a := range h.Allocations {
		if a.Product == product {
			last = i + 1
		}
	}
	h.Allocations = slices.Insert(h.Allocations, last, Allocation{Product: product, Location: location, Quantity: units, Consumed: units})
}

// free is how many units of a key may be sold now.
func (s *State) free(key Key) int64 {
	if l, known := s.stocks[key]; known {
		return l.available(sellable)
	}
	return 0
}

// totals are what was ever shipped from each place, with what this change ships.
func (d *draft) totals(before, after []Allocation) []Total {
	was := map[Key]int64{}
	for _, a := range before {
		was[Key{Product: a.Product, Location: a.Location}] += a.Consumed
	}
	var totals []Total
	for _, a := range after {
		key := Key{Product: a.Product, Location: a.Location}
		units := a.Consumed - was[key]
		was[key] = max(0, -units)
		if units <= 0 {
			continue
		}
		same := func(t Total) bool { return t.Product == a.Product && t.Location == a.Location }
		if at := slices.IndexFunc(totals, same); at >= 0 {
			totals[at].Consumed += units
			continue
		}
		totals = append(totals, Total{Product: a.Product, Location: a.Location, Consumed: d.state.Consumed(key) + units})
	}
	return totals
}
