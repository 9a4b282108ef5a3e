package mutant

// edges are the faults of what comes in through the bridge and goes out through
// the publisher.
func edges() []Mutant {
	return []Mutant{
		{LinesNotSummed, "of the lines of one product in a command only the first counts",
			by(unit(eventsPackage, "TestDecodeReserve"))},
		{BodyChange, "another command under an id that was used gets the outcome of the first",
			by(unit(bridgePackage, "TestSameIDOtherContent"))},
		{RepeatIsNew, "a repeated command makes another Reservation",
			by(unit(bridgePackage, "TestRepeatedAtOnce", "TestIdentity"))},
		{OldCommandAccepted, "a command older than what is retained is carried out, maybe again",
			by(unit(bridgePackage, "TestEventRefusals"))},
		{EventIDPerAttempt, "an event gets a new id with each attempt to deliver it",
			by(unit(eventsPackage, "TestOutcome"), unit(publisherPackage, "TestRetriesHoldUpNothingElse"), processes("TestSinkDown"))},
		{PayloadFollowsSpec, "an event's payload follows changes made after the outcome",
			by(unit(eventsPackage, "TestOutcome"))},
		{CursorPassesAhead, "the cursor moves past outcomes that nobody has acknowledged",
			by(unit(publisherPackage, "TestCursorNeverPassesWhatIsNotDelivered"))},
		{FailureIsDelivery, "an event that the sink answered with an error counts as delivered",
			by(unit(publisherPackage, "TestJudge", "TestRetriesHoldUpNothingElse"), processes("TestSinkDown"))},
		{ForeignCursor, "a cursor that came from another API server is believed",
			by(unit(publisherPackage, "TestResume"))},
		{DeletedUnsent, "the outcome of a Reservation that is deleted before its delivery is not sent",
			by(unit(publisherPackage, "TestDeletedBeforeDelivery"))},
	}
}
