package linear

// step are the states after an operation that was answered so; none if it cannot
// have been.
func (m *model) step(s state, in Input, out Output) []state {
	switch in.Kind {
	case Reserve:
		return m.reserve(s, in, out)
	case Level, Rest:
		return m.level(s, in, out)
	}
	var next []state
	for _, before := range m.drift(s, in.Cart, in) {
		c := before.cart(in.Cart)
		for _, after := range m.change(c, in, out) {
			next = appendNew(next, before.with(in.Cart, after))
		}
	}
	return next
}

// change are the standings of one cart after an operation on it.
func (m *model) change(c standing, in Input, out Output) []standing {
	unchanged := []standing{c}
	if out.Answer == Unknown {
		if after, answer := m.carry(c, in); answer == Done && after != c {
			return append(unchanged, after)
		}
		return unchanged
	}
	var ok bool
	switch in.Kind {
	case Look:
		ok = sight(c, m.carts[in.Cart].Units, out)
	case seeOutcome:
		ok = told(c, out)
	case seeEnd:
		ok = phases[c.stage] == out.Phase && c.stage > shown
	case seeShipped:
		ok = c.stage >= shown && covers(c.shipped, in.Totals)
	case seeNoStock:
		ok = c.intent == release || c.stage == refused || c.stage == withdrawn || c.lapsed(m.carts[in.Cart].Units)
	default:
		after, answer := m.carry(c, in)
		// A consume before the outcome stands until there is one, and may find none.
		undecided := in.Kind == Consume && out.Answer == NotReserved && answer == Done && c.stage <= held
		if answer != out.Answer && !undecided {
			return nil
		}
		return []standing{after}
	}
	if !ok {
		return nil
	}
	return unchanged
}

// carry is what a command does to a cart, and the answer.
func (m *model) carry(c standing, in Input) (standing, Answer) {
	units := m.carts[in.Cart].Units
	open := c.stage <= shown
	switch in.Kind {
	case Release:
		switch {
		case open && c.intent == consume, c.stage == consumed && c.intent != release && !c.lapsed(units):
			return c, Consumed
		case open:
			c.intent = release
		}
		return c, Done
	case Consume:
		switch {
		case c.stage == consumed && !c.lapsed(units):
		case !open, c.intent == release:
			return c, NotReserved
		default:
			c.intent = consume
		}
		return c, Done
	default:
		return m.carryPart(c, in, units)
	}
}

// carryPart is a partial consume of a cart. It waits for an outcome.
func (m *model) carryPart(c standing, in Input, units Units) (standing, Answer) {
	switch c.stage {
	case none, held:
		return c, Unknown
	case refused, withdrawn, released:
		return c, NotReserved
	case consumed:
		units = c.shipped
	}
	switch {
	case !covers(units, in.Totals):
		return c, TooMany
	case covers(c.ship, in.Totals), c.intent == consume:
		return c, Done
	case c.intent == release:
		return c, NotReserved
	}
	for p, total := range in.Totals {
		c.ship[p] = max(c.ship[p], total)
	}
	return c, Done
}

func covers(units, totals Units) bool {
	for p := range totals {
		if totals[p] > units[p] {
			return false
		}
	}
	return true
}

// told is what a reserve says of a cart's outcome, as soon as it is shown and for
// ever after.
func told(c standing, out Output) bool {
	switch out.Answer {
	case Done:
		return c.stage == shown || c.over()
	case Unavailable:
		return c.stage == refused && c.short == out.Short
	default:
		return c.stage == withdrawn
	}
}

// sight is what a look at a cart shows. Of one of which everything was shipped, in parts or
// at once, it shows that it was to be consumed.
func sight(c standing, units Units, out Output) bool {
	if out.Answer == Missing {
		return c.stage == none && c.intent == hold
	}
	intent := c.intent
	if c.stage == consumed && !c.lapsed(units) {
		intent = consume
	}
	return phases[c.stage] == out.Phase && intents[intent] == out.Intent && c.shipped == out.Shipped
}
