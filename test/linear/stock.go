package linear

// reserve decides a cart that is not decided yet. What was decided before stands,
// and seeOutcome says whether it was told.
func (m *model) reserve(s state, in Input, out Output) []state {
	c, units := s.cart(in.Cart), m.carts[in.Cart].Units
	if c.stage != none {
		return []state{s}
	}
	var next []state
	if c.intent == release { // nothing is decided for a cart that is not wanted
		gone := c
		gone.stage, gone.credited = withdrawn, true
		next = append(next, s.with(in.Cart, gone))
	}
	for _, before := range m.selling(s, units, in) {
		after, c := before, before.cart(in.Cart)
		if c.stage != none {
			continue
		}
		if short, missing := shortage(before.free, units); missing {
			c.stage, c.short = refused, short
		} else {
			c.stage = held
			for p := range units {
				after.free[p] -= units[p]
			}
		}
		if out.Answer == Done && c.stage == refused || out.Answer == Unavailable && (c.stage != refused || c.short != out.Short) {
			continue
		}
		next = appendNew(next, after.with(in.Cart, c))
	}
	return next
}

// shortage is what is free of the lines that cannot be served.
func shortage(free, units Units) (short Units, missing bool) {
	for p := range units {
		short[p] = -1
		if units[p] > free[p] {
			short[p], missing = free[p], true
		}
	}
	return short, missing
}

// level compares what was told of a product with what is free, and with what is
// reserved: units on their way out count as they did or do not count any more.
func (m *model) level(s state, in Input, out Output) []state {
	var wanted Units
	wanted[in.Product] = 1
	var next []state
	for _, after := range m.selling(s, wanted, in) {
		low, high, quiet := m.reserved(after, in.Product)
		exact := out.Available == int64(after.free[in.Product]) && out.Reserved >= low && out.Reserved <= high
		if exact && (quiet || in.Kind == Level) {
			next = append(next, after)
		}
	}
	return next
}

// reserved is how many units of a product are promised, and whether nothing is
// under way.
func (m *model) reserved(s state, product int) (low, high int64, quiet bool) {
	quiet = true
	for i, cart := range m.carts {
		c, units := s.cart(i), cart.Units[product]
		if units == 0 {
			continue
		}
		switch {
		case c.stage == held || c.stage == shown:
			high += int64(units - c.shipped[product])
			if c.intent != consume {
				low += int64(units - c.ship[product])
			}
			quiet = quiet && c.stage == shown && c.intent == hold && c.ship == c.shipped
		case c.over() && !c.credited:
			low, high = low+int64(units-c.shipped[product]), high+int64(units-c.shipped[product])
			quiet = false
		}
	}
	return low, high, quiet
}
