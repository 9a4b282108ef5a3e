package stock

// Try says what a cart would get at this moment, and what would be short: one of the two is
// empty. Nothing is held. Lines name each product once. Of replaces, the units would be there
// too; it may be nil.
func (s *State) Try(lines []Line, replaces *Reservation) (allocations []Allocation, short []Shortage) {
	own := map[Key]int64{}
	if replaces != nil && !replaces.Phase.Ended() {
		for _, a := range replaces.Allocations {
			own[Key{Product: a.Product, Location: a.Location}] += a.Held()
		}
	}
	units := func(i *item) int64 { return i.Sellable + own[i.key()] }
	for _, line := range lines {
		parts, available := s.takeSplit(line, units)
		if available < line.Quantity {
			short = append(short, Shortage{Product: line.Product, Requested: line.Quantity, Available: available})
		}
		allocations = append(allocations, parts...)
	}
	if len(short) > 0 {
		return nil, short
	}
	return allocations, nil
}
