package mutant

// folds are the faults of consuming units.
func folds() []Mutant {
	return []Mutant{
		{StaleConsume, "units are consumed by a version that does not show the last fold",
			by(model("consume_in_parts"), unit(allocatorPackage, "TestConsumeOfWhatIsHeld"))},
		{FoldUncounted, "the units of the open fold count as neither held nor consumed",
			by(model("fold_and_cart"), unit(allocatorPackage, "TestFold"), unit(ledgerPackage, "TestFoldsCountEveryUnitOnce"))},
		{FoldTalliedTwice, "a tally adds a fold that it counts already",
			by(model("fold,_lost_answers"))},
		{FoldShownTwice, "a Reservation adds what a fold took of it though it shows that fold already",
			by(unit(lifecyclePackage, "TestConsumeShowsAFoldOnce"), rareSimulation())},
		{FoldUnjournaled, "a fold goes to the tallies before the stored ledger names it",
			by(unit(allocatorPackage, "TestLostFold"))},
		{FoldIDsRestart, "after a lost ledger the numbers of folds start again",
			by(model("lost_ledger,_open_fold"), unit(allocatorPackage, "TestLostFold"))},
		{FoldForgotten, "units of a lost ledger's fold that no tally counts are not folded again",
			by(model("lost_ledger,_open_fold"), unit(allocatorPackage, "TestLostFold"))},
		{EarlyShipment, "a StockItem shows units as shipped before the stored ledger does",
			by(simulation(), unit(ledgerPackage, "TestUnstoredUnitsShowAsReserved"))},
		{TallyForgets, "a tally that was deleted and made again makes the units unshipped",
			by(unit(ledgerPackage, "TestATallyNeverForgets"), rareSimulation())},
	}
}
