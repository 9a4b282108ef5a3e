package main

// ofAllocatorSeen are the faults of reading what users and reconcilers write.
var ofAllocatorSeen = []mutant{
	{
		name:  "release-credited-early",
		fault: "units return to stock once their release is asked for, before it is written",
		patches: []patch{{
			file: "internal/allocator/seen.go",
			old:  `phase := r.CurrentPhase()`,
			new: `phase := r.CurrentPhase()
	if MUTANT && r.Spec.Intent == v1.IntentRelease {
		phase = v1.PhaseReleased
	}`,
		}},
		caughtBy: by(model("release")),
	},
	{
		name:  "raise-sold-before-shown",
		fault: "a raise of received is sold from before it is shown",
		patches: []patch{{
			file: "internal/allocator/seen.go",
			old:  `if item.Status.ObservedGeneration == item.Generation {`,
			new:  `if item.Status.ObservedGeneration == item.Generation || MUTANT {`,
		}},
		caughtBy: by(simulation(), unit(allocatorPackage, "TestSellable")),
	},
	{
		name:  "cut-binds-late",
		fault: "a cut of received binds only once it is shown",
		patches: []patch{{
			file: "internal/allocator/seen.go",
			old:  `return min(item.Spec.Received, shown)`,
			new: `if MUTANT {
		return shown
	}
	return min(item.Spec.Received, shown)`,
		}},
		caughtBy: by(unit(allocatorPackage, "TestSellable")),
	},
}
