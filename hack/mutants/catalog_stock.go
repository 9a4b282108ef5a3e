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
			file: "internal/stock/ship.go",
			old:  `Consumed: d.state.Consumed(key) + units})`,
			new:  `Consumed: map[bool]int64{false: d.state.Consumed(key)}[MUTANT] + units})`,
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
			file: "internal/stock/item_requests.go",
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
			file: "internal/stock/item_requests.go",
			old:  `(stated.Version <= known.Version ||`,
			new:  `(!MUTANT && stated.Version <= known.Version ||`,
		}},
		caughtBy: decisions("TestVerdicts/put_an_item_again"),
	},
	{
		name:  "younger-of-a-second-serves",
		fault: "a StockItem displaces one of the same second that serves, if its UID is smaller",
		patches: []patch{{
			file: "internal/stock/item_requests.go",
			old:  `if ok && serving.Created/second ==`,
			new:  `if ok && !MUTANT && serving.Created/second ==`,
		}},
		caughtBy: decisions("TestTakingOver/made_in_one_second"),
	},
	{
		name:  "third-of-a-second-serves",
		fault: "a StockItem displaces one of the same second that was moved behind a former one",
		patches: []patch{{
			file: "internal/stock/item_requests.go",
			old:  `i.Created/second { // that of`,
			new:  `i.Created/second && (!MUTANT || serving.Created == i.Created) { // that of`,
		}},
		caughtBy: decisions("TestTakingOver/a_third_one_of_that_second"),
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
			file: "internal/stock/item_requests.go",
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
		name:  "duplicate-takes-over",
		fault: "a duplicate serves with what it says it has as soon as the StockItem that served is gone",
		patches: []patch{{
			file: "internal/stock/takeover.go",
			old:  `if i != going && (i.TakesOver ||`,
			new:  `if i != going && (MUTANT || i.TakesOver ||`,
		}},
		caughtBy: by(decisions("TestTakingOver"), model("taking over")),
	},
	{
		name:  "one-that-waits-displaces",
		fault: "a StockItem that waits takes over from one that serves",
		patches: []patch{{
			file: "internal/stock/takeover.go",
			old:  `return l.serving() == nil && `,
			new:  `return (MUTANT || l.serving() == nil) && `,
		}},
		caughtBy: decisions("TestTakingOver/which_is_not_displaced"),
	},
	{
		name:  "deletion-confirms",
		fault: "the deletion of a StockItem that waits has it take over",
		patches: []patch{{
			file: "internal/stock/takeover.go",
			old:  `!stated.Suspended && (stated.Generation`,
			new:  `(MUTANT || !stated.Suspended) && (stated.Generation`,
		}},
		caughtBy: unit(controllersPackage, "TestDeletionConfirmsNothing"),
	},
	{
		name:  "heir-sold-before-shown",
		fault: "the units of a StockItem that takes over are sold while its status shows a duplicate",
		patches: []patch{{
			file: "internal/stock/item_requests.go",
			old:  `|| !d.state.serves(known.UID) {`,
			new:  `|| !MUTANT && !d.state.serves(known.UID) {`,
		}, {
			file: "internal/stock/takeover.go",
			old:  `begun.Waits, begun.Sellable = waits, 0`,
			new: `begun.Waits = waits
	if !MUTANT {
		begun.Sellable = 0
	}`,
		}},
		caughtBy: decisions("TestTakingOver/annotated_before"),
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
			file: "internal/stock/item_requests.go",
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
	{
		name:  "changed-command-accepted",
		fault: "another command under an id that was used gets the outcome of the first",
		patches: []patch{{
			file: "internal/stock/reserve.go",
			old:  `return a != "" && b != "" && a != b`,
			new:  `return a != "" && b != "" && a != b && !MUTANT`,
		}},
		caughtBy: decisions("TestVerdicts/reserve_other_content"),
	},
}
