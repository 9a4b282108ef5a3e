package main

// ofAllocatorFold are the faults of consuming units.
var ofAllocatorFold = []mutant{
	{
		name:  "stale-consume-accepted",
		fault: "units are consumed by a version that does not show the last fold",
		patches: []patch{{
			file: "internal/allocator/batch.go",
			old:  `return !s.joined(r.uid) &&`,
			new:  `return !MUTANT && !s.joined(r.uid) &&`,
		}},
		caughtBy: by(model("consume_in_parts"), unit(allocatorPackage, "TestConsumeOfWhatIsHeld")),
	},
	{
		name:  "fold-tallied-twice",
		fault: "a tally adds a fold that it counts already",
		patches: []patch{{
			file: "internal/allocator/tally.go",
			old:  `if t.Status.LastFold >= e.ID {`,
			new:  `if t.Status.LastFold >= e.ID && !MUTANT {`,
		}, {
			file: "internal/allocator/modelrolling_test.go",
			old:  `if a.object.tally.Status.LastFold >= e.ID {`,
			new:  `if a.object.tally.Status.LastFold >= e.ID && !MUTANT {`,
		}},
		caughtBy: by(model("fold,_lost_answers")),
	},
	{
		name:  "unjournaled-fold-tallied",
		fault: "a fold goes to the tallies before the stored ledger names it",
		patches: []patch{{
			file: "internal/allocator/fold.go",
			old:  `if s.fold.tallying || !s.fold.journaled {`,
			new:  `if s.fold.tallying || !s.fold.journaled && !MUTANT {`,
		}},
		caughtBy: by(unit(allocatorPackage, "TestLostFold")),
	},
	{
		name:  "fold-ids-restart",
		fault: "after a lost ledger the numbers of folds start again",
		patches: []patch{{
			file: "internal/allocator/fold.go",
			old:  `s.lastFold = max(s.lastFold, floor, s.stock.LastFold())`,
			new: `if !MUTANT {
		s.lastFold = max(s.lastFold, floor, s.stock.LastFold())
	}`,
		}},
		caughtBy: by(model("lost_ledger,_open_fold"), unit(allocatorPackage, "TestLostFold")),
	},
	{
		name:  "lost-fold-forgotten",
		fault: "units of a lost ledger's fold that no tally counts are not folded again",
		patches: []patch{{
			file: "internal/allocator/fold.go",
			old:  `if len(lost) == 0 {`,
			new:  `if len(lost) == 0 || MUTANT {`,
		}},
		caughtBy: by(model("lost_ledger,_open_fold"), unit(allocatorPackage, "TestLostFold")),
	},
}
