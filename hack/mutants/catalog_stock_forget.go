package main

// ofForgetting are the faults of what the journal forgets, and of the marks that say so.
var ofForgetting = []mutant{
	{
		name:  "untold-end-forgotten",
		fault: "a reservation is forgotten whose end was not told yet",
		patches: []patch{{
			file: "internal/stock/cart.go",
			old:  `r.endOf() > s.endsPassed,`,
			new:  `r.endOf() > s.endsPassed && !MUTANT,`,
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
			file: "internal/stock/item_requests.go",
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
			file: "internal/stock/item_requests.go",
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
			old:  `now < addTime(decided, p.Grace) {`,
			new:  `!MUTANT && now < addTime(decided, p.Grace) {`,
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
}
