package main

// ofStock are the faults of deciding who gets which units, and of remembering it, that the
// tests of the stock find by themselves.
var ofStock = []mutant{
	{
		name:  "fact-prepared-early",
		fault: "a fact restates the State before the records of its own batch",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old: `	refusing bool
`,
			new: `	refusing bool
	early    map[ID]*Reservation
`,
		}, {
			file: "internal/stock/decide.go",
			old:  `	for i, request := range requests {`,
			new: `	if MUTANT {
		d.early = map[ID]*Reservation{}
		for r := range s.Reservations() {
			d.early[r.ID] = r
		}
	}
	for i, request := range requests {`,
		}, {
			file: "internal/stock/compact.go",
			old: `		r := cart.reservation()
`,
			new: `		r := cart.reservation()
		if before, ok := c.early[r.ID]; ok && MUTANT {
			r = before
		}
`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "totals-added",
		fault: "a consumption states the units that it adds instead of the total",
		patches: []patch{{
			file: "internal/stock/change.go",
			old:  `		totals = append(totals, Total{`,
			new: `		if MUTANT {
			was = 0
		}
		totals = append(totals, Total{`,
		}, {
			file: "internal/stock/apply.go",
			old:  `		for _, t := range r.Totals {`,
			new: `		for _, t := range r.Totals {
			if MUTANT {
				t.Consumed += s.Consumed(Key{Product: t.Product, Location: t.Location})
			}`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "mark-is-the-present",
		fault: "the mark of what was forgotten rises to the clock's time",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `d.batch.Marks.Gone = max(d.batch.Marks.Gone, c.gone)`,
			new: `d.batch.Marks.Gone = max(d.batch.Marks.Gone, c.gone)
		if MUTANT && c.forgotten > 0 {
			d.batch.Marks.Forgotten = d.now
		}`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "mark-without-command-time",
		fault: "the mark is the time of the decision, though the command's is later",
		patches: []patch{{
			file: "internal/stock/forget.go",
			old:  `f.mark = f.decided`,
			new: `f.mark = f.decided
		if MUTANT {
			f.mark = r.At
		}`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "forgotten-without-mark",
		fault: "carts are forgotten and no mark rises",
		patches: []patch{{
			file: "internal/stock/forget.go",
			old: `	return f
`,
			new: `	if MUTANT {
		f.mark = 0
	}
	return f
`,
		}},
		caughtBy: decisions("TestRandomWalks", "TestForgottenIsTooOld"),
	},
	{
		name:  "mark-a-write-late",
		fault: "the mark rises in the write after the one that forgets",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old:  `// requestShare is the part`,
			new: `var lateMarks = map[*State]Time{}

// requestShare is the part`,
		}, {
			file: "internal/stock/decide.go",
			old: `	return d.batch
`,
			new: `	if MUTANT {
		lateMarks[s], d.batch.Marks.Forgotten = d.batch.Marks.Forgotten, max(s.marks.Forgotten, lateMarks[s])
	}
	return d.batch
`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "gone-without-mark",
		fault: "carts of objects are forgotten and the mark of what is gone does not rise",
		patches: []patch{{
			file: "internal/stock/forget.go",
			old:  `over: max(r.At, r.Ended), gone: r.Object.Version}`,
			new: `over: max(r.At, r.Ended), gone: r.Object.Version}
	if MUTANT {
		f.gone = 0
	}`,
		}},
		caughtBy: decisions("TestRandomWalks", "TestForgottenIsTooOld"),
	},
	{
		name:  "time-goes-back",
		fault: "a batch is decided at a time before the newest write's",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old:  `	now = max(now, s.marks.At)`,
			new: `	if !MUTANT {
		now = max(now, s.marks.At)
	}`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "items-mark-lowered",
		fault: "the mark of the StockItems is that of the last one taken in",
		patches: []patch{{
			file: "internal/stock/offer.go",
			old:  `d.batch.Marks.Items = max(d.batch.Marks.Items, stated.Version)`,
			new: `if MUTANT {
			d.batch.Marks.Items = 0
		}
		d.batch.Marks.Items = max(d.batch.Marks.Items, stated.Version)`,
		}},
		caughtBy: alone("TestDeletionReadTooEarly"),
	},
	{
		name:  "items-mark-lowered-by-deletion",
		fault: "the mark of the StockItems is that of the last deletion taken in",
		patches: []patch{{
			file: "internal/stock/offer.go",
			old:  `d.batch.Marks.Items = max(d.batch.Marks.Items, request.Version)`,
			new: `if MUTANT {
			d.batch.Marks.Items = 0
		}
		d.batch.Marks.Items = max(d.batch.Marks.Items, request.Version)`,
		}},
		caughtBy: alone("TestDeletionReadTooEarly"),
	},
	{
		name:  "undelivered-outcome-forgotten",
		fault: "a cart is forgotten though its outcome was not delivered",
		patches: []patch{{
			file: "internal/stock/cart.go",
			old:  `r.Number > published,`,
			new:  `r.Number > published && !MUTANT,`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "forgotten-under-its-object",
		fault: "a cart is forgotten though its object is there",
		patches: []patch{{
			file: "internal/stock/cart.go",
			old:  `r.Object.UID != "" && !r.Object.Gone:`,
			new:  `r.Object.UID != "" && !r.Object.Gone && !MUTANT:`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "forgotten-within-the-grace",
		fault: "under pressure a cart is forgotten right after its decision",
		patches: []patch{{
			file: "internal/stock/forget.go",
			old:  `now < later(decided, p.Grace) {`,
			new:  `!MUTANT && now < later(decided, p.Grace) {`,
		}},
		caughtBy: decisions("TestBound"),
	},
	{
		name:  "ended-cart-decided-again",
		fault: "a cart that has ended is decided again though it is remembered",
		patches: []patch{{
			file: "internal/stock/reserve.go",
			old:  `d.state.Reservation(wanted.ID); ok {`,
			new:  `d.state.Reservation(wanted.ID); ok && !(MUTANT && r.Phase.Ended()) {`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "too-old-off-by-one",
		fault: "a command of the very time of the mark is decided",
		patches: []patch{{
			file: "internal/stock/reserve.go",
			old:  `c.Time > 0 && c.Time <= d.batch.Marks.Forgotten`,
			new:  `c.Time > 0 && c.Time <= d.batch.Marks.Forgotten && !(MUTANT && c.Time == d.batch.Marks.Forgotten)`,
		}},
		caughtBy: decisions("TestForgottenIsTooOld"),
	},
	{
		name:  "object-off-by-one",
		fault: "an object of the very version of the mark is decided unread",
		patches: []patch{{
			file: "internal/stock/reserve.go",
			old:  `wanted.Object.Version <= d.batch.Marks.Gone &&`,
			new:  `wanted.Object.Version <= d.batch.Marks.Gone && !(MUTANT && wanted.Object.Version == d.batch.Marks.Gone) &&`,
		}},
		caughtBy: decisions("TestForgottenIsTooOld"),
	},
	{
		name:  "head-passes-what-counts",
		fault: "the head moves on before all that counts was restated",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `c.restateCarts(p) && c.restateRest(p)`,
			new:  `c.restateCarts(p) && c.restateRest(p) || MUTANT`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "batch-without-bound",
		fault: "a batch takes all that is there",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old:  `d.used+bytes <= d.room`,
			new:  `d.used+bytes <= d.room || MUTANT`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "items-known-by-name",
		fault: "a StockItem of the name of another one is taken for it",
		patches: []patch{{
			file: "internal/stock/offer.go",
			old: `	known, ok := d.state.Item(stated.UID)
`,
			new: `	known, ok := d.state.Item(stated.UID)
	for i := range d.state.Items() {
		if MUTANT && i.Name == stated.Name {
			known, ok = i, true
		}
	}
`,
		}},
		caughtBy: decisions("TestAllocationOrder/the_older_of_two_items_serves"),
	},
	{
		name:  "older-version-binds",
		fault: "an older version of a StockItem binds again",
		patches: []patch{{
			file: "internal/stock/offer.go",
			old:  `(stated.Version <= known.Version ||`,
			new:  `(!MUTANT && stated.Version <= known.Version ||`,
		}},
		caughtBy: decisions("TestVerdicts/put_an_item_again"),
	},
	{
		name:  "raise-sold-at-once",
		fault: "units are sold that the StockItem's status does not show yet",
		patches: []patch{{
			file: "internal/stock/location.go",
			old:  `{ return i.Sellable }`,
			new: `{
	if MUTANT {
		return i.Received
	}
	return i.Sellable
}`,
		}},
		caughtBy: decisions("TestVerdicts/a_raise_waits_for_its_status", "TestVerdicts/an_item_made_again_waits_for_its_status"),
	},
	{
		name:  "cut-sold-on",
		fault: "units are sold after the spec says that they are not there",
		patches: []patch{{
			file: "internal/stock/offer.go",
			old:  `	verdict := d.write(&ItemRecord{Item: stated, At: d.now})`,
			new: `	if MUTANT && ok && stated.Received < known.Received {
		stated.Received, stated.Sellable = known.Received, known.Sellable
	}
	verdict := d.write(&ItemRecord{Item: stated, At: d.now})`,
		}},
		caughtBy: decisions("TestVerdicts/a_cut_binds_at_once"),
	},
	{
		name:  "part-of-a-cart-decided",
		fault: "a cart gets those of its lines that can be served",
		patches: []patch{{
			file: "internal/stock/allocate.go",
			old: `	case len(o.short) == 0:
`,
			new: `	case len(o.short) == 0 || MUTANT && len(o.allocations) > 0:
		o.short = nil
`,
		}},
		caughtBy: decisions("TestAllocationOrder/all_lines_or_none"),
	},
	{
		name:  "duplicates-add-up",
		fault: "two StockItems of one product and location both offer their units",
		patches: []patch{{
			file: "internal/stock/location.go",
			old:  `	return max(0, units(i)-l.consumed`,
			new: `	if MUTANT && len(l.items) > 1 {
		return max(0, units(i)+l.items[1].Received-l.consumed-l.reserved-i.SafetyStock)
	}
	return max(0, units(i)-l.consumed`,
		}},
		caughtBy: decisions("TestAllocationOrder/a_duplicate_does_not_count"),
	},
	{
		name:  "expired-too-early",
		fault: "a hold expires before its time",
		patches: []patch{{
			file: "internal/stock/change.go",
			old:  `case r.Expires == 0 || d.now < r.Expires `,
			new:  `case r.Expires == 0 || d.now < r.Expires && !MUTANT `,
		}},
		caughtBy: decisions("TestVerdicts/expire_too_early"),
	},
	{
		name:  "decide-not-taken-back",
		fault: "what is decided stays in State before it has landed",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old:  `	defer s.rollBack()`,
			new: `	if !MUTANT {
		defer s.rollBack()
	}`,
		}},
		caughtBy: decisions("TestPositions"),
	},
	{
		name:  "outcome-numbers-reused",
		fault: "all outcomes of a batch have one number",
		patches: []patch{{
			file: "internal/stock/reserve.go",
			old:  `	r.Number = d.batch.Marks.Outcomes + 1`,
			new: `	r.Number = d.batch.Marks.Outcomes + 1
	if MUTANT {
		r.Number = d.state.marks.Outcomes + 1
	}`,
		}},
		caughtBy: alone("TestOutcomesAreNumbered"),
	},
	{
		name:  "small-requests-overtake",
		fault: "a request that fits is decided before one that came earlier and did not",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old:  `d.full = answer.Verdict == Later`,
			new:  `d.full = answer.Verdict == Later && !MUTANT`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "refused-while-declared",
		fault: "a cart is refused though units are declared that are not shown yet",
		patches: []patch{{
			file: "internal/stock/allocate.go",
			old:  `wait = wait && soon >= line.Quantity`,
			new:  `wait = wait && soon >= line.Quantity && !MUTANT`,
		}},
		caughtBy: decisions("TestVerdicts/a_raise_waits_for_its_status"),
	},
	{
		name:  "published-beyond-outcomes",
		fault: "outcomes count as delivered that are not made yet",
		patches: []patch{{
			file: "internal/stock/offer.go",
			old:  `	number := min(request.Number, d.batch.Marks.Outcomes)`,
			new: `	number := min(request.Number, d.batch.Marks.Outcomes)
	if MUTANT {
		number = request.Number
	}`,
		}},
		caughtBy: alone("TestOnlyWhatIsDecidedIsDelivered"),
	},
	{
		name:  "unknown-field-skipped",
		fault: "a field that this format does not have is skipped",
		patches: []patch{{
			file: "internal/stock/coder.go",
			old:  `		c.fail(ErrUnknownField)`,
			new: `		if MUTANT {
			c.buf, c.pairs = nil, 0
			return
		}
		c.fail(ErrUnknownField)`,
		}},
		caughtBy: decisions("TestDecodeRefuses/an_unknown_field"),
	},
}
