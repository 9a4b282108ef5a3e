package main

// ofLifecycle are the faults of a Reservation's life.
var ofLifecycle = []mutant{
	{
		name:  "expiry-beats-consume",
		fault: "an expiry takes back units whose shipment was declared in time",
		patches: []patch{{
			file: "internal/lifecycle/due.go",
			old:  `if len(Takes(r)) > 0 {`,
			new: `if MUTANT && r.Status.ExpiresAt != nil && !now.Before(r.Status.ExpiresAt.Time) {
		return Expire, 0
	}
	if len(Takes(r)) > 0 {`,
		}},
		caughtBy: by(model("expiry_against_consume"), unit(lifecyclePackage, "TestDue")),
	},
	{
		name:  "fold-shown-twice",
		fault: "a Reservation adds what a fold took of it though it shows that fold already",
		patches: []patch{{
			file: "internal/lifecycle/partial.go",
			old:  `r.Status.FoldID >= foldID {`,
			new:  `r.Status.FoldID >= foldID && !MUTANT {`,
		}},
		caughtBy: by(unit(lifecyclePackage, "TestConsumeShowsAFoldOnce"), rareSimulation()),
	},
}
