package main

// ofWebhook are the faults of the bridge.
var ofWebhook = []mutant{
	{
		name:  "changed-body-accepted",
		fault: "another command under an id that was used gets the outcome of the first",
		patches: []patch{{
			file: "webhook/reservation.go",
			old:  `== b.Annotations[AnnotationCommandHash]`,
			new:  `== b.Annotations[AnnotationCommandHash] || MUTANT`,
		}},
		caughtBy: by(unit(bridgePackage, "TestSameIDOtherContent")),
	},
	{
		name:  "repeated-command-is-new",
		fault: "a repeated command makes another Reservation",
		patches: []patch{{
			file: "webhook/identity.go",
			old:  `if i.source == "" {`,
			new: `if MUTANT {
		return uuid.NewString()
	}
	if i.source == "" {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestRepeatedAtOnce", "TestIdentity")),
	},
	{
		name:  "command-beyond-retention-accepted",
		fault: "a command older than what is retained is carried out, maybe again",
		patches: []patch{{
			file: "webhook/event.go",
			old:  `b.Clock.Since(at) <= b.Retention {`,
			new:  `b.Clock.Since(at) <= b.Retention || MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestEventRefusals")),
	},
}
