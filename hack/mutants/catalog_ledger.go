package main

// ofLedger are the faults of counting units.
var ofLedger = []mutant{
	{
		name:  "hold-that-never-landed-kept",
		fault: "the units of a hold whose journal entry never landed stay held",
		patches: []patch{{
			file: "internal/ledger/hold.go",
			old:  `held && h.version == 0 {`,
			new:  `held && h.version == 0 && !MUTANT {`,
		}},
		caughtBy: by(unit(allocatorPackage, "TestUnclearAnswerOverSomebodyElses")),
	},
	{
		name:  "older-reservation-accepted",
		fault: "an older version of a Reservation replaces a newer one in memory",
		patches: []patch{{
			file: "internal/ledger/hold.go",
			old:  `if version <= l.holdFloor || l.ended(uid) {`,
			new:  `if version <= l.holdFloor && !MUTANT || l.ended(uid) {`,
		}, {
			file: "internal/ledger/hold.go",
			old:  `held && version <= h.version {`,
			new:  `held && version <= h.version && !MUTANT {`,
		}},
		caughtBy: by(unit(ledgerPackage, "TestHolds", "TestOrderAndRepetitionDoNotMatter"), rareSimulation()),
	},
	{
		name:  "older-item-accepted",
		fault: "an older version of a StockItem replaces a newer one in memory",
		patches: []patch{{
			file: "internal/ledger/item.go",
			old:  `if version <= l.itemFloor || l.ended(item.UID) {`,
			new:  `if version <= l.itemFloor && !MUTANT || l.ended(item.UID) {`,
		}, {
			file: "internal/ledger/item.go",
			old:  `if known && version <= record.version {`,
			new:  `if known && version <= record.version && !MUTANT {`,
		}},
		caughtBy: by(unit(ledgerPackage, "TestPutItemIgnoresOldInput")),
	},
	{
		name:  "no-tombstones",
		fault: "old news of what has ended brings it back",
		patches: []patch{{
			file: "internal/ledger/ledger.go",
			old:  `return now || before`,
			new:  `return (now || before) && !MUTANT`,
		}},
		caughtBy: by(simulation(), unit(ledgerPackage, "TestHolds"), unit(allocatorPackage, "TestForgetting")),
	},
	{
		name:  "part-of-a-cart-reserved",
		fault: "a cart is reserved with those of its lines that can be served",
		patches: []patch{{
			file: "internal/ledger/allocate.go",
			old:  `return Answer{Wait: true}`,
			new: `return Answer{Wait: true}
	case MUTANT && len(answer.Allocations) > 0:
		return Answer{Allocations: answer.Allocations}`,
		}},
		caughtBy: by(simulation(), unit(ledgerPackage, "TestAllocate")),
	},
	{
		name:  "duplicates-both-serve",
		fault: "two StockItems of one product and location both offer their units",
		patches: []patch{{
			file: "internal/ledger/shelf.go",
			old:  `left := received(item) - s.consumed - s.reserved`,
			new: `left := received(item) - s.consumed - s.reserved
	if MUTANT && len(s.items) > 1 {
		left += received(&s.items[1].Item)
	}`,
		}},
		caughtBy: by(unit(ledgerPackage, "TestDuplicateCountsForNothing", "TestFiguresEqualTheModel")),
	},
	{
		name:  "open-fold-not-counted",
		fault: "the units of the open fold count as neither held nor consumed",
		patches: []patch{{
			file: "internal/ledger/tally.go",
			old: `	if l.fold != nil {
		if u, takes := l.fold.units[key]; takes {`,
			new: `	if l.fold != nil && !MUTANT {
		if u, takes := l.fold.units[key]; takes {`,
		}},
		caughtBy: by(model("fold_and_cart"), unit(allocatorPackage, "TestFold"), unit(ledgerPackage, "TestFoldsCountEveryUnitOnce")),
	},
	{
		name:  "shipment-shown-before-stored",
		fault: "a StockItem shows units as shipped before the stored ledger does",
		patches: []patch{{
			file: "internal/ledger/shelf.go",
			old:  `unsaid := l.unsaid(s.key)`,
			new: `unsaid := l.unsaid(s.key)
	if MUTANT {
		unsaid = 0
	}`,
		}},
		caughtBy: by(simulation(), unit(ledgerPackage, "TestUnstoredUnitsShowAsReserved")),
	},
	{
		name:  "remade-tally-forgets",
		fault: "a tally that was deleted and made again makes the units unshipped",
		patches: []patch{{
			file: "internal/ledger/tally.go",
			old:  `lastFold < before.lastFold) {`,
			new:  `lastFold < before.lastFold && !MUTANT) {`,
		}},
		caughtBy: by(unit(ledgerPackage, "TestATallyNeverForgets"), rareSimulation()),
	},
}
