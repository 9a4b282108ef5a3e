package mutant

// accounting are the faults of counting units and of a Reservation's life.
func accounting() []Mutant {
	return []Mutant{
		{JournalUncounted, "units count as held only once their Reservation shows them",
			by(model("take-over"), unit(allocatorPackage, "TestBatch"))},
		{PartOfACart, "a cart is reserved with those of its lines that can be served",
			by(simulation(), unit(ledgerPackage, "TestAllocate"))},
		{OldHoldAccepted, "an older version of a Reservation replaces a newer one in memory",
			by(unit(ledgerPackage, "TestHolds", "TestOrderAndRepetitionDoNotMatter"), rareSimulation())},
		{OldItemAccepted, "an older version of a StockItem replaces a newer one in memory",
			by(unit(ledgerPackage, "TestPutItemIgnoresOldInput"))},
		{NoTombstones, "old news of what has ended brings it back",
			by(simulation(), unit(ledgerPackage, "TestHolds"), unit(allocatorPackage, "TestForgetting"))},
		{DuplicatesServe, "two StockItems of one product and location both offer their units",
			by(unit(ledgerPackage, "TestDuplicateCountsForNothing", "TestFiguresEqualTheModel"))},
		{ExpiryFirst, "an expiry takes back units whose shipment was declared in time",
			by(model("expiry_against_consume"), unit(lifecyclePackage, "TestDue"))},
		{BlindStatusWrite, "a Reservation's status, such as an expiry's, is written over a version that was never read",
			by(model("expiry_against_consume"), unit(controllersPackage, "TestDecideAgainstRealConflicts"))},
		{EarlyTelling, "an outcome is told before it is written",
			by(simulation(), unit(controllersPackage, "TestLostAnswer"))},
		{UnprovenSpec, "a StockItem's new spec is shown without proof that it binds all operators",
			by(model("received_lowered"), unit(controllersPackage, "TestStockItemIsNotShownWithoutProof"))},
		{EarlyRetention, "a Reservation is deleted before its outcome is delivered",
			by(simulation(), unit(controllersPackage, "TestRetentionDue"))},
	}
}
