package linear

// drift is what happens by itself to one cart: the states that s may have become
// by the end of an operation, s among them. Carts do not meet but through free
// units, so it is enough to let those drift that an operation looks at.
func (m *model) drift(s state, i int, in Input) []state {
	all := []state{s}
	for at := 0; at < len(all); at++ {
		for _, next := range m.happen(all[at], i, in) {
			all = appendNew(all, next)
		}
	}
	return all
}

func appendNew(all []state, s state) []state {
	for _, known := range all {
		if known == s {
			return all
		}
	}
	return append(all, s)
}

// happen are the single things that may happen to a cart next.
func (m *model) happen(s state, i int, in Input) (next []state) {
	c, units := s.cart(i), m.carts[i].Units
	switch {
	case c.stage == held:
		if c.intent == release {
			gone := c
			gone.stage, gone.credited = withdrawn, true
			next = append(next, s.credit(units, Units{}).with(i, gone))
		}
		c.stage = shown
		next = append(next, s.with(i, c))
	case c.stage == shown && (c.ship != c.shipped || c.intent == consume):
		// A part that was on its way when the rest was asked for may be seen alone.
		if c.ship != c.shipped {
			next = append(next, s.with(i, c.shipping(c.ship, units)))
		}
		if c.intent == consume {
			next = append(next, s.with(i, c.shipping(units, units)))
		}
	case c.stage == shown && (c.intent == release || in.Answered >= m.carts[i].Expires):
		if c.stage = released; c.shipped != (Units{}) {
			c.stage = consumed
		}
		next = append(next, s.with(i, c))
	case c.over() && !c.credited:
		c.credited = true
		next = append(next, s.credit(units, c.shipped).with(i, c))
	}
	return next
}

// credit puts the units of a cart on sale again, less those that were shipped.
func (s state) credit(units, shipped Units) state {
	for p := range units {
		s.free[p] += units[p] - shipped[p]
	}
	return s
}

// selling are the states that s may have become as far as units of a product's
// sale go. What was given back longer than Lag ago is on sale.
func (m *model) selling(s state, wanted Units, in Input) []state {
	all := []state{s}
	for i := range m.carts {
		if !overlap(m.carts[i].Units, wanted) {
			continue
		}
		var next []state
		for _, before := range all {
			for _, after := range m.drift(before, i, in) {
				if c := after.cart(i); c.over() && !c.credited && m.late(i, in) {
					continue
				}
				next = appendNew(next, after)
			}
		}
		all = next
	}
	return all
}

// late tells whether an operation began after everybody knew that a cart's units
// are back.
func (m *model) late(i int, in Input) bool {
	told := m.carts[i].ended
	return in.Called > told && in.Called-told > int64(m.lag)
}

func overlap(a, b Units) bool {
	for p := range a {
		if a[p] > 0 && b[p] > 0 {
			return true
		}
	}
	return false
}
