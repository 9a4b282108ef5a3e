package main

// ofAllocatorTakeOver are the faults of the fence, of catching up and of a ledger
// that was lost.
var ofAllocatorTakeOver = []mutant{
	{
		name:  "no-catch-up",
		fault: "after a take-over the caches are taken for fresh",
		patches: []patch{{
			file: "internal/allocator/takeover.go",
			old:  `s.stage = catchingUp`,
			new: `s.stage = catchingUp
	if MUTANT && s.base.Status.Recovered {
		return s.caughtUp(s.lastWrite, CaughtUp{})
	}`,
		}},
		caughtBy: by(model("take-over"), unit(allocatorPackage, "TestTakeOver")),
	},
	{
		name:  "mark-not-awaited",
		fault: "after a take-over the cache is read before the watch has shown the mark",
		patches: []patch{{
			file: "internal/allocator/mark.go",
			old:  `>= want {`,
			new:  `>= want || MUTANT {`,
		}},
		caughtBy: by(simulation(), unit(allocatorPackage, "TestCatchUpAwaitsTheWatch")),
	},
	{
		name:  "marked-once",
		fault: "after a take-over the cache is read while a list of the watch is still on its way into it",
		patches: []patch{{
			file: "internal/allocator/mark.go",
			old: `			return false, ctx.Err()
		}`,
			new: `			return false, ctx.Err()
		}
		if MUTANT {
			break
		}`,
		}},
		caughtBy: by(unit(allocatorPackage, "TestCatchUpAwaitsTheWatch")),
	},
	{
		name:  "no-roll-forward",
		fault: "after a take-over what is in flight is not written into the Reservations",
		patches: []patch{{
			file: "internal/allocator/takeover.go",
			old:  `(fold == nil || len(fold.Reservations) == 0) {`,
			new:  `(fold == nil || len(fold.Reservations) == 0) || MUTANT {`,
		}},
		caughtBy: by(simulation(), unit(allocatorPackage, "TestTakeOver", "TestFoldAtTakeOver")),
	},
	{
		name:  "roll-forward-over-outcome",
		fault: "a hold in flight is written into its Reservation whatever that shows by now",
		patches: []patch{{
			file: "internal/allocator/rollforward.go",
			old:  `if r.CurrentPhase() != v1.PhasePending {`,
			new:  `if r.CurrentPhase() != v1.PhasePending && !MUTANT {`,
		}, {
			file: "internal/allocator/modelrolling_test.go",
			old:  `if r.CurrentPhase() != v1.PhasePending {`,
			new:  `if r.CurrentPhase() != v1.PhasePending && !MUTANT {`,
		}},
		caughtBy: by(unit(allocatorPackage, "TestOnlyPendingIsFinished", "TestRollForward"), rareSimulation()),
	},
	{
		name:  "claim-unchecked",
		fault: "holds are rolled forward and folds tallied on behalf of a ledger that is somebody else's",
		patches: []patch{{
			file: "internal/allocator/effect.go",
			old:  `status.Epoch == c.Epoch`,
			new:  `status.Epoch == c.Epoch || MUTANT`,
		}},
		caughtBy: by(unit(allocatorPackage, "TestRollForwardWithoutTheLedger", "TestSupersededMakesNoTally")),
	},
	{
		name:  "lost-ledger-not-rebuilt",
		fault: "a ledger that was lost is taken for complete",
		patches: []patch{{
			file: "internal/allocator/takeover.go",
			old:  `Rebuild: !s.base.Status.Recovered,`,
			new:  `Rebuild: !s.base.Status.Recovered && !MUTANT,`,
		}},
		caughtBy: by(simulation(), unit(allocatorPackage, "TestMissingLedgerIsRebuilt")),
	},
	{
		name:  "rebuild-without-touching",
		fault: "a rebuild does not move the open Reservations to a new version first",
		patches: []patch{{
			file: "internal/allocator/takeover.go",
			old:  `fence := fmt.Sprintf("%s/%d/%s", s.base.UID, s.epoch, s.self)`,
			new: `fence := fmt.Sprintf("%s/%d/%s", s.base.UID, s.epoch, s.self)
	if MUTANT {
		fence = ""
	}`,
		}},
		caughtBy: by(unit(allocatorPackage, "TestTakeOver"), rareSimulation(), processes("TestLateCommit")),
	},
	{
		name:  "hand-edit-trusted",
		fault: "a ledger that somebody took holds out of by hand is taken for complete",
		patches: []patch{{
			file: "internal/allocator/seal.go",
			old:  `token := stored.Status.Token`,
			new: `token := stored.Status.Token
	if MUTANT {
		return true
	}`,
		}},
		caughtBy: by(model("edited_ledger"), unit(allocatorPackage, "TestHandEditedLedger")),
	},
}
