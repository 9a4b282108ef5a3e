package main

// ofWebhook are the faults of the bridge.
var ofWebhook = []mutant{
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
}
