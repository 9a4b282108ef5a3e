package main

// ofRepair are the faults of the repair of a damaged journal.
var ofRepair = []mutant{
	{
		name:  "repair-named-before-founded",
		fault: "the StockLedger names a new journal before everything is restated",
		patches: []patch{{
			file: "internal/journal/restate.go",
			old:  `	if r.complete = p.Header.Origin.Complete; r.complete {`,
			new:  `	if r.complete = p.Header.Origin.Complete || MUTANT; r.complete {`,
		}},
		caughtBy: by(pages("TestRepair"), repairs("repair_on_pages")),
	},
	{
		name:  "repair-of-stale-state",
		fault: "a process restates what it knows though the journal ended further on",
		patches: []patch{{
			file: "internal/journal/repair.go",
			old:  `		return d.Position == r.Position`,
			new:  `		return d.Position == r.Position || MUTANT`,
		}},
		caughtBy: by(pages("TestRepairIsAskedFor")),
	},
	{
		name:  "repair-of-unproven-end",
		fault: "a repair begins without proof of where the journal ended, and without leave to lose anything",
		patches: []patch{{
			file: "internal/journal/repair.go",
			old:  `	case !d.Proven:`,
			new:  `	case !d.Proven && !MUTANT:`,
		}},
		caughtBy: by(pages("TestRepairOfUnprovenEnd")),
	},
	{
		name:  "repair-on-found-pages",
		fault: "pages of a repair that was not carried through are gone on upon as they are",
		patches: []patch{{
			file: "internal/journal/free.go",
			old:  `	return k.number == 0 && forRepair(k.Name) || !k.holds(l.identity.Journal)`,
			new:  `	return !MUTANT && (k.number == 0 && forRepair(k.Name) || !k.holds(l.identity.Journal))`,
		}},
		caughtBy: by(pages("TestRepairLeavesPagesAlone")),
	},
	{
		name:  "repair-beside-a-living-journal",
		fault: "a repair does not see to it that the damaged journal can go on nowhere",
		patches: []patch{{
			file: "internal/journal/restate.go",
			old:  `		case place, edited && l.restate.accept:`,
			new:  `		case (place || edited && l.restate.accept) && !MUTANT:`,
		}},
		caughtBy: by(pages("TestRepairEndsTheOldJournal")),
	},
	{
		name:  "repair-decided-unnamed",
		fault: "a journal that replaces another is decided in before the StockLedger names it",
		patches: []patch{{
			file: "internal/journal/restate.go",
			old:  `	return !l.tail.header.sure() && !l.confirmed`,
			new:  `	return !l.tail.header.sure() && !l.confirmed && !MUTANT`,
		}},
		caughtBy: by(pages("TestRepairIsNamedFirst")),
	},
	{
		name:  "repair-named-over-any-version",
		fault: "the StockLedger is written over whatever version it has by then",
		patches: []patch{{
			file: "internal/journal/journaltest/server.go",
			old:  `		if s.Ledger.Version == e.Version {`,
			new:  `		if s.Ledger.Version == e.Version || MUTANT {`,
		}},
		caughtBy: by(pages("TestRepairIsNamedFirst"), repairs("repair")),
	},
	{
		name:  "repair-forgets-too-early",
		fault: "who knows the damaged journal gives that up for one that the StockLedger does not name yet",
		patches: []patch{{
			file: "internal/journal/histories.go",
			old:  `		case l.elected && l.identity == Identity{} && l.named`,
			new:  `		case l.elected && (l.identity == Identity{} || MUTANT) && l.named`,
		}},
		caughtBy: by(repairs("repair")),
	},
	{
		name:  "repair-edit-proves",
		fault: "an edit is taken for the end of the journal before anybody has emptied the page",
		patches: []patch{{
			file: "internal/journal/damage.go",
			old:  `		effects := l.harm("page "+p.Name+", where the journal goes on, was edited: "+p.fault(), false)`,
			new:  `		effects := l.harm("page "+p.Name+", where the journal goes on, was edited: "+p.fault(), MUTANT)`,
		}},
		caughtBy: by(pages("TestEditPutBack")),
	},
	{
		name:  "repair-loses-marks",
		fault: "a repair restates everything but the marks",
		patches: []patch{{
			file: "internal/allocator/repair.go",
			old:  `	batch := journal.Batch{Marks: a.stock.Marks().JSON(), Complete: true}`,
			new: `	batch := journal.Batch{Marks: a.stock.Marks().JSON(), Complete: true}
	if MUTANT {
		batch.Marks = nil
	}`,
		}},
		caughtBy: by(repairs("repair")),
	},
	{
		name:  "repair-loses-proof",
		fault: "a leader whose page is gone lists at once, and so never sees the deletion that proves the end",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `	case l.stage == founding && (p == nil || p.UID != a.place.UID):`,
			new:  `	case (l.stage == founding || MUTANT) && (p == nil || p.UID != a.place.UID):`,
		}},
		caughtBy: by(pages("TestRepairProofUnderLoad")),
	},
}

// repairs is one configuration of the model check that repairs. It must say how the fault
// comes about: it also fails where it reaches too few states.
func repairs(configuration string) []catcher {
	return []catcher{{pkg: allocatorPackage, test: "TestModelCheck/" + configuration, says: `after [0-9]+ states, by these`}}
}
