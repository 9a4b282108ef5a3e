package main

// ofReaders are the faults of keeping what a reader of the journal has not read.
var ofReaders = []mutant{
	{
		name:  "head-passes-unread",
		fault: "the head passes a page that a registered reader has not read",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `min(d.page.number, d.unread)`,
			new:  `min(d.page.number, max(d.unread, map[bool]uint64{true: d.page.number}[MUTANT]))`,
		}},
		caughtBy: decisions("TestReaderReadsEverything"),
	},
	{
		name:  "readers-not-waited-for",
		fault: "compaction goes on as if there were no readers",
		patches: []patch{{
			file: "internal/stock/readers.go",
			old:  `first = min(first, r.page)`,
			new:  `first = min(first, max(r.page, map[bool]uint64{true: first}[MUTANT]))`,
		}},
		caughtBy: by(decisions("TestReaderReadsEverything"), archived()),
	},
	{
		name:  "reader-of-this-batch-unheard",
		fault: "a reader that registers in a batch is not waited for in it",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old: `	d.batch.Marks.At = now
`,
			new: `	d.batch.Marks.At = now
	early := s.unread(p)
`,
		}, {
			file: "internal/stock/decide.go",
			old: `	if !compacting {
`,
			new: `	if MUTANT {
		d.unread = max(early, d.unread)
	}
	if !compacting {
`,
		}},
		caughtBy: decisions("TestReaderReadsEverything"),
	},
	{
		name:  "dead-reader-fills-the-log",
		fault: "readers are waited for whatever the size of the log",
		patches: []patch{{
			file: "internal/stock/readers.go",
			old:  `if policy.Limit > 0 && s.storedSoon() > policy.readersLimit() {`,
			new:  `if policy.Limit > 0 && s.storedSoon() > policy.readersLimit() && !MUTANT {`,
		}},
		caughtBy: decisions("TestDeadReaderTurnsNobodyAway"),
	},
	{
		name:  "reader-shrinks-memory",
		fault: "readers are waited for until carts are forgotten early",
		patches: []patch{{
			file: "internal/stock/readers.go",
			old:  `func (p Policy) readersLimit() int64 { return p.Limit / 4 * 3 }`,
			new: `func (p Policy) readersLimit() int64 {
	if MUTANT {
		return p.Limit
	}
	return p.Limit / 4 * 3
}`,
		}},
		caughtBy: decisions("TestDeadReaderTurnsNobodyAway"),
	},
	{
		name:  "reader-goes-back",
		fault: "a late report turns a reader back",
		patches: []patch{{
			file: "internal/stock/readers.go",
			old:  `case ok && request.Page <= known.page:`,
			new:  `case ok && (request.Page == known.page || request.Page < known.page && !MUTANT):`,
		}},
		caughtBy: by(decisions("TestReadersAreFew"), archived()),
	},
	{
		name:  "reader-ahead",
		fault: "a reader is on a page that the journal has not come to",
		patches: []patch{{
			file: "internal/stock/readers.go",
			old:  `case request.Page > d.page.number:`,
			new:  `case request.Page > d.page.number && !MUTANT:`,
		}},
		caughtBy: decisions("TestReadersAreFew", "TestReaderReadsEverything"),
	},
	{
		name:  "reader-not-restated",
		fault: "compaction and repairs do not restate readers",
		patches: []patch{{
			file: "internal/stock/facts.go",
			old:  `if r.home == p && !yield(&ReaderRecord{`,
			new:  `if r.home == p && !MUTANT && !yield(&ReaderRecord{`,
		}},
		caughtBy: by(decisions("TestReaderReadsEverything"), archived()),
	},
	{
		name:  "reader-of-an-earlier-term",
		fault: "that a reader has left is noted in a later term, in which it may have come again",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `case stock.PutItem, stock.DropItem, stock.Expire, stock.ReadPages, stock.LeavePages, stock.WaiveRestore:`,
			new: `case stock.ReadPages, stock.LeavePages:
		return !MUTANT
	case stock.PutItem, stock.DropItem, stock.Expire, stock.WaiveRestore:`,
		}},
		caughtBy: alone("TestNothingReadOutlivesItsTerm"),
	},
	{
		name:  "erased-annotation-unregisters",
		fault: "a reader whose annotation is erased is registered no more",
		patches: []patch{{
			file: "controllers/stockledger_readers.go",
			old:  `	for _, key := range slices.Sorted(maps.Keys(ledger.Annotations)) {`,
			new: `	for name := range place.readers {
		if ledger.Annotations[v1.ReaderAnnotation(name)] == "" && MUTANT {
			runner.Tell(stock.LeavePages{Reader: name})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ledger.Annotations)) {`,
		}},
		caughtBy: unit(controllersPackage, "TestReaderRegisters"),
	},
	{
		name:  "auditor-trusts-readers",
		fault: "the auditor does not see that a reader goes back",
		patches: []patch{{
			file: "internal/auditor/book_readers.go",
			old:  `	case r.At != 0 && page <= before:`,
			new:  `	case r.At != 0 && page <= before && !MUTANT:`,
		}},
		caughtBy: unit("./internal/auditor", "TestContradictions"),
	},
}

// archived is the seeded simulation with an archive that must see everything.
func archived() []catcher {
	return []catcher{{pkg: allocatorPackage, test: "TestSimulation", env: []string{"SEEDS=60"}, says: `seed [0-9]+: `}}
}
