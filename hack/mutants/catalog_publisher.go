package main

// ofPublisher are the faults of delivering outcomes.
var ofPublisher = []mutant{
	{
		name:  "cursor-before-acknowledgement",
		fault: "the cursor moves past outcomes that nobody has acknowledged",
		patches: []patch{{
			file: "internal/publisher/cursor.go",
			old:  `if len(ns.holding) > 0 {`,
			new:  `if len(ns.holding) > 0 && !MUTANT {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestCursorNeverPassesWhatIsNotDelivered")),
	},
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
	{
		name:  "foreign-cursor-trusted",
		fault: "a cursor that came from another API server is believed",
		patches: []patch{{
			file: "internal/publisher/run.go",
			old:  `cursor > written {`,
			new:  `cursor > written && !MUTANT {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestResume")),
	},
	{
		name:  "deleted-outcome-not-sent",
		fault: "the outcome of a Reservation that is deleted before its delivery is not sent",
		patches: []patch{{
			file: "internal/publisher/deliver.go",
			old:  `if o.delivery.final != nil {`,
			new: `if o.delivery.final != nil && MUTANT {
		p.tracker.acknowledged(o)
		return job{}, false
	}
	if o.delivery.final != nil {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestDeletedBeforeDelivery")),
	},
}
