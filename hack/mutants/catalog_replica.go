package main

import "strings"

// replicaPackage has the model check that drives the journal, the stock and the replica
// together.
const replicaPackage = "./internal/allocator"

// replicaModel is one configuration of that model check. It must say how the fault comes
// about: it also fails where it reaches too few states.
func replicaModel(configuration string) []catcher {
	return []catcher{{
		pkg: replicaPackage, test: "TestModelCheck/" + strings.ReplaceAll(configuration, " ", "_"),
		says: `after [0-9]+ states, by these`,
	}}
}

// ofReplica are the faults of what is told, and of what compaction and forgetting do to the
// journal, which show where the stock, the journal and the replica play together.
var ofReplica = []mutant{
	{
		name:  "answer-before-landing",
		fault: "answers are told when their batch is sent",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `	return r.take(r.log.Append(journal.Batch{Records: batch.Records, Marks: batch.Marks.JSON(), Head: batch.Head}))`,
			new: `	effects := r.take(r.log.Append(journal.Batch{Records: batch.Records, Marks: batch.Marks.JSON(), Head: batch.Head}))
	if MUTANT {
		effects = append(effects, r.landed(true)...)
	}
	return effects`,
		}},
		caughtBy: by(replicaModel("append")),
	},
	{
		name:  "repetition-without-proof",
		fault: "a repeated command is answered from memory",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `		return r.take(r.log.Prove())`,
			new: `		if MUTANT {
			return r.landed(false)
		}
		return r.take(r.log.Prove())`,
		}},
		caughtBy: by(replicaModel("reads")),
	},
	{
		name:  "abandoned-not-asked-again",
		fault: "what was under way when a term ended is not asked again",
		patches: []patch{{
			file: "internal/allocator/replica.go",
			old: `		case journal.Abandoned:
			r.requeue()`,
			new: `		case journal.Abandoned:
			if MUTANT {
				r.batch = nil
				continue
			}
			r.requeue()`,
		}},
		caughtBy: by(replicaModel("append")),
	},
	{
		name:  "reset-keeps-state",
		fault: "State outlives the journal that it is of",
		patches: []patch{{
			file: "internal/allocator/replica.go",
			old:  `			r.stock, r.unreadable = stock.New(), false`,
			new: `			if MUTANT {
				continue
			}
			r.stock, r.unreadable = stock.New(), false`,
		}},
		caughtBy: by(replicaModel("watches")),
	},
	{
		name:  "suspect-told-without-trial",
		fault: "a cart is told unwritable though nothing can be written",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old: `	if r.suspect != nil {
		return r.appendNothing()`,
			new: `	if r.suspect != nil && !MUTANT {
		return r.appendNothing()`,
		}},
		caughtBy: by(replicaModel("halving")),
	},
	{
		name:  "head-before-restated",
		fault: "the head passes a page of which not all was restated, for want of room",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `!c.clear(p) {`,
			new:  `!c.clear(p) && !MUTANT {`,
		}},
		caughtBy: by(replicaModel("small batches")),
	},
	{
		name:  "open-cart-not-restated",
		fault: "a cart that is open is not restated",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `if !c.restate(&Cart{*r}) {`,
			new:  `if !MUTANT && !c.restate(&Cart{*r}) {`,
		}},
		caughtBy: by(replicaModel("small batches")),
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
		caughtBy: by(replicaModel("forgetting")),
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
		caughtBy: by(replicaModel("forgetting")),
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
		caughtBy: by(replicaModel("forgetting")),
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
		caughtBy: by(replicaModel("forgetting")),
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
		caughtBy: by(replicaModel("turns")),
	},
	{
		name:  "raise-sold-unshown",
		fault: "a raise is sold before it is shown",
		patches: []patch{{
			file: "internal/stock/offer.go",
			old:  `min(known.Sellable, stated.Received), known.Refused`,
			new: `min(known.Sellable, stated.Received), known.Refused
		if MUTANT {
			stated.Sellable = stated.Received
		}`,
		}},
		caughtBy: by(replicaModel("items")),
	},
	{
		name:  "decided-twice",
		fault: "a command that State knows is decided again",
		patches: []patch{{
			file: "internal/stock/reserve.go",
			old:  `known != nil {`,
			new:  `known != nil && !MUTANT {`,
		}},
		caughtBy: by(replicaModel("append")),
	},
}
