package main

// ofPublisher are the faults of delivering outcomes.
var ofPublisher = []mutant{
	{
		name:  "sink-failure-is-delivery",
		fault: "an event that the sink answered with an error counts as delivered",
		patches: []patch{{
			file: "internal/publisher/policy.go",
			old:  `case status >= 200 && status < 300:`,
			new:  `case status >= 200 && status < 300 || MUTANT && status >= 500:`,
		}},
		caughtBy: by(unit(publisherPackage, "TestJudge", "TestRetriesHoldUpNothingElse"), processes("TestSinkDown")),
	},
}
