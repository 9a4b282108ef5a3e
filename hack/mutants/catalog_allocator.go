package main

// ofAllocator are the faults of what is told, and of what compaction and forgetting do to the
// journal, which show where the stock, the journal and the allocator play together.
var ofAllocator = []mutant{
	{
		name:  "answer-before-landing",
		fault: "answers are told when their batch is sent",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `	return a.take(a.log.Append(journal.Batch{Records: batch.Records, Format: batch.Format, Marks: batch.Marks.JSON(), Head: batch.Head}))`,
			new: `	effects := a.take(a.log.Append(journal.Batch{Records: batch.Records, Format: batch.Format, Marks: batch.Marks.JSON(), Head: batch.Head}))
	if MUTANT {
		effects = append(effects, a.landed(true)...)
	}
	return effects`,
		}},
		caughtBy: by(model("append")),
	},
	{
		name:  "repetition-without-proof",
		fault: "a repeated command is answered from memory",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `		return a.take(a.log.Prove())`,
			new: `		if MUTANT {
			return a.landed(false)
		}
		return a.take(a.log.Prove())`,
		}},
		caughtBy: by(model("reads")),
	},
	{
		name:  "abandoned-not-asked-again",
		fault: "what was under way when a term ended is not asked again",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old: `		case journal.Abandoned:
			a.requeue()`,
			new: `		case journal.Abandoned:
			if MUTANT {
				a.batch = nil
				continue
			}
			a.requeue()`,
		}},
		caughtBy: by(model("append")),
	},
	{
		name:  "reset-keeps-state",
		fault: "State outlives the journal that it is of",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `			a.stock, a.unreadable = stock.NewIndexed(a.policy.Index), false`,
			new: `			if MUTANT {
				continue
			}
			a.stock, a.unreadable = stock.NewIndexed(a.policy.Index), false`,
		}},
		caughtBy: by(model("watches")),
	},
	{
		name:  "suspect-told-without-trial",
		fault: "a cart is told unwritable though nothing can be written",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old: `	if a.suspect != nil {
		return a.appendNothing()`,
			new: `	if a.suspect != nil && !MUTANT {
		return a.appendNothing()`,
		}},
		caughtBy: by(alone("TestNobodyIsToBlameWhereNothingIsStored")),
	},
	{
		name:  "head-before-restated",
		fault: "the head passes a page of which not all was restated, for want of room",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `!c.clear(p) {`,
			new:  `!c.clear(p) && !MUTANT {`,
		}},
		caughtBy: by(model("small batches")),
	},
	{
		name:  "open-cart-not-restated",
		fault: "a cart that is open is not restated",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `if !c.restate(&Cart{*r}) {`,
			new:  `if !MUTANT && !c.restate(&Cart{*r}) {`,
		}},
		caughtBy: by(model("small batches")),
	},
	{
		name:  "mark-by-clock",
		fault: "the mark is the time of forgetting",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `c.forgotten, c.gone = max(c.forgotten, mark), max(c.gone, gone)`,
			new: `if MUTANT && mark > 0 {
		mark = c.now
	}
	c.forgotten, c.gone = max(c.forgotten, mark), max(c.gone, gone)`,
		}},
		caughtBy: by(model("forgetting")),
	},
	{
		name:  "mark-not-raised",
		fault: "what is forgotten raises no mark in the same write",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `d.batch.Marks.Forgotten = max(d.batch.Marks.Forgotten, c.forgotten)`,
			new: `if !MUTANT {
			d.batch.Marks.Forgotten = max(d.batch.Marks.Forgotten, c.forgotten)
		}`,
		}},
		caughtBy: by(model("forgetting")),
	},
	{
		name:  "mark-by-decision",
		fault: "the mark is the time of the decision alone",
		patches: []patch{{
			file: "internal/stock/forget.go",
			old:  `f.decided = max(f.decided, r.Command.Time)`,
			new: `if !MUTANT {
			f.decided = max(f.decided, r.Command.Time)
		}`,
		}},
		caughtBy: by(model("forgetting")),
	},
	{
		name:  "mark-lowered",
		fault: "a mark is lowered",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old: `		d.batch.Head = p.number + 1
`,
			new: `		d.batch.Head = p.number + 1
		if MUTANT {
			d.batch.Marks.Forgotten = c.forgotten
			continue
		}
`,
		}},
		caughtBy: by(model("forgetting")),
	},
	{
		name:  "total-not-restated",
		fault: "the total of what was shipped is not restated",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old: `		if !c.restate(fact) {
`,
			new: `		if _, total := fact.(*TotalRecord); MUTANT && total {
			continue
		}
		if !c.restate(fact) {
`,
		}},
		caughtBy: by(model("turns")),
	},
	{
		name:  "raise-sold-unshown",
		fault: "a raise is sold before it is shown",
		patches: []patch{{
			file: "internal/stock/item_requests.go",
			old:  `min(known.Sellable, stated.Offered()), known.Refused`,
			new: `min(known.Sellable, stated.Offered()), known.Refused
		if MUTANT {
			stated.Sellable = stated.Received
		}`,
		}},
		caughtBy: by(model("items")),
	},
	{
		name:  "decided-twice",
		fault: "a command that State knows is decided again",
		patches: []patch{{
			file: "internal/stock/reserve.go",
			old:  `known != nil {`,
			new:  `known != nil && !MUTANT {`,
		}},
		caughtBy: by(model("append")),
	},
}
